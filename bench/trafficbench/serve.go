package main

import (
	"bufio"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// The kinds of target.
const (
	cheapest = "epoll"   // answers at the least cost
	bare     = "nethttp" // a net/http handler that parses the form
	freezing = "frozen"  // the cheapest, and does nothing for 200 ms in every 2 s
	silent   = "silent"  // reads, and never answers
)

// The freezes of the target of that kind.
const (
	freezeFor   = 200 * time.Millisecond
	freezeEvery = 2 * time.Second
)

// serveTarget is the target's process: it prints its address on a line, each of
// marks on a line when so many requests have come (the silent kind only), and
// its [Record], as gob, when its standard input ends.
func serveTarget(kind string, marks []int) error {
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	listener, ok := l.(*net.TCPListener)
	if !ok {
		return fmt.Errorf("listening gave a %T", l)
	}
	fmt.Println(l.Addr())
	var record *Record
	if kind == bare {
		record, err = serveHandler(listener)
	} else {
		m := manner{silent: kind == silent}
		if kind == freezing {
			m.freeze, m.period = freezeFor, freezeEvery
		}
		record, err = serveEpoll(listener, os.Stdin, m, func(requests int) {
			if slices.Contains(marks, requests) {
				fmt.Println(requests)
			}
		})
	}
	if err != nil {
		return err
	}
	if record.CPU, err = cpuTime(); err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	return errors.Join(gob.NewEncoder(out).Encode(record), out.Flush())
}

// serveHandler serves the plainest handler that does what a receiver must.
func serveHandler(listener net.Listener) (*Record, error) {
	var mu sync.Mutex
	record := &Record{Arrivals: make([]int64, 0, 1<<20)}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now := time.Now().UnixNano()
		if err := r.ParseForm(); err != nil || r.PostForm.Get(webhook.FieldJobID) == "" {
			http.Error(w, "bad form", http.StatusBadRequest)
			return
		}
		mu.Lock()
		if len(record.Arrivals) < recorded {
			record.Arrivals = append(record.Arrivals, now)
		} else {
			record.Dropped++
		}
		mu.Unlock()
		_, _ = io.WriteString(w, "ok\n") // whether it is read changes nothing
	})}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	_, err := io.Copy(io.Discard, os.Stdin)
	err = errors.Join(err, server.Close())
	if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
		err = errors.Join(err, ended)
	}
	mu.Lock()
	defer mu.Unlock()
	slices.Sort(record.Arrivals) // handlers take their turns
	return record, err
}
