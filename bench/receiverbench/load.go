package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// nextJob is the last job that was notified of: every notification is of a job
// of its own, which is the dearest kind.
var nextJob atomic.Int64

// load sends notifications over so many connections, each the next one as soon
// as the last is answered, for d, or until total were answered if that is > 0.
func load(ctx context.Context, addresses []string, connections int, d time.Duration, total int) (measurement, error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	var sent atomic.Int64
	more := func() bool { return ctx.Err() == nil && (total == 0 || sent.Add(1) <= int64(total)) }
	all := make([]lane, connections)
	begun := time.Now()
	var lanes sync.WaitGroup
	for i := range all {
		lanes.Go(func() { all[i].err = all[i].run(ctx, addresses[i%len(addresses)], more) })
	}
	lanes.Wait()
	took := time.Since(begun)
	var latencies []time.Duration
	m := measurement{took: took}
	for i := range all {
		if all[i].err != nil {
			return m, all[i].err
		}
		latencies = append(latencies, all[i].latencies...)
		m.refused += all[i].refused
	}
	if len(latencies) == 0 {
		return m, errors.New("nothing was answered")
	}
	slices.Sort(latencies)
	m.answers = len(latencies)
	m.p50, m.p99, m.max = latencies[len(latencies)/2], latencies[len(latencies)*99/100], latencies[len(latencies)-1]
	return m, nil
}

// lane is one connection and what came of it.
type lane struct {
	latencies []time.Duration // of 2xx answers
	refused   int
	err       error
}

func (l *lane) run(ctx context.Context, address string, more func() bool) error {
	dialer := net.Dialer{Timeout: time.Minute}
	conn, err := dialer.DialContext(context.WithoutCancel(ctx), "tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // nothing more is said over it
	answers := bufio.NewReader(conn)
	head := []byte("POST /webhook HTTP/1.1\r\nHost: " + address + "\r\nContent-Type: " + webhook.ContentType + "\r\nContent-Length: ")
	var request, form []byte
	for more() {
		form = webhook.Notification{
			JobID: millionJob + nextJob.Add(1), Status: webhook.Finished, SitemapID: 12, SitemapName: "my-sitemap",
		}.AppendForm(form[:0])
		request = append(request[:0], head...)
		request = strconv.AppendInt(request, int64(len(form)), 10)
		request = append(append(request, "\r\n\r\n"...), form...)
		begun := time.Now()
		if _, err := conn.Write(request); err != nil {
			return err
		}
		code, err := readAnswer(answers)
		if err != nil {
			return fmt.Errorf("reading an answer: %w", err)
		}
		if code/100 != 2 {
			l.refused++
			continue
		}
		l.latencies = append(l.latencies, time.Since(begun))
	}
	return nil
}

var (
	statusLine    = []byte("HTTP/1.1 ")
	contentLength = []byte("Content-Length:")
)

// readAnswer reads one answer and returns its status. It knows only the form
// that net/http's server gives to short ones: what http.ReadResponse costs, the
// load's core does not have to spare.
func readAnswer(r *bufio.Reader) (code int, err error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	rest, ok := bytes.CutPrefix(line, statusLine)
	if !ok || len(rest) < 3 {
		return 0, fmt.Errorf("no status line: %q", line)
	}
	if code, err = strconv.Atoi(string(rest[:3])); err != nil {
		return 0, fmt.Errorf("no status line: %q", line)
	}
	length := -1
	for {
		if line, err = r.ReadSlice('\n'); err != nil {
			return 0, err
		}
		if len(line) <= len("\r\n") {
			break
		}
		if value, ok := bytes.CutPrefix(line, contentLength); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return 0, fmt.Errorf("no length: %q", line)
			}
		}
	}
	if length < 0 {
		return 0, errors.New("an answer without Content-Length")
	}
	_, err = r.Discard(length)
	return code, err
}
