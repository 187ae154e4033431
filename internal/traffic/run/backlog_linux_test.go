package run_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/traffic/plan"
	"github.com/scrapehook/scrapehook/internal/traffic/run"
	"github.com/scrapehook/scrapehook/internal/traffic/traffictest"
	"github.com/scrapehook/scrapehook/internal/traffic/wire"
	"github.com/scrapehook/scrapehook/webhook"
)

// listen listens with an accept queue of that many connections, which net.Listen
// does not let one choose.
func listen(t *testing.T, backlog int) net.Listener {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(
		syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}),
		syscall.Listen(fd, backlog),
	)
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(fd), "listener")
	defer func() { _ = file.Close() }()
	l, err := net.FileListener(file)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// ordinary is an endpoint as people have them: it accepts when it has time to.
type ordinary struct {
	url      string
	answered atomic.Int64
}

// single serves one connection after the other, and one request on each, as
// Python's and PHP's development servers do; otherwise each has a goroutine and
// lasts.
func serveOrdinary(t *testing.T, backlog int, single bool) *ordinary {
	t.Helper()
	l := listen(t, backlog)
	o := &ordinary{url: "http://" + l.Addr().String()}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if single {
				o.serve(c, "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", 1)
				continue
			}
			time.Sleep(time.Millisecond) // a server that is slow to accept
			serving.Go(func() { o.serve(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 1<<30) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		serving.Wait()
	})
	return o
}

func (o *ordinary) serve(c net.Conn, answer string, requests int) {
	defer func() { _ = c.Close() }()
	in := bufio.NewReader(c)
	for range requests {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		o.answered.Add(1)
		if _, err := io.WriteString(c, answer); err != nil {
			return
		}
	}
}

// TestDeliveredIsWhatNetHTTPDelivers: however few connections an endpoint queues,
// and however many we have, our transports deliver no less than net/http's, and
// everything where the endpoint has a goroutine for each connection.
func TestDeliveredIsWhatNetHTTPDelivers(t *testing.T) {
	t.Parallel()
	for _, backlog := range []int{1, 5, 16, 1024} {
		for _, single := range []bool{true, false} {
			for _, connections := range []int{1, 100} {
				for _, closed := range []bool{true, false} {
					name := fmt.Sprintf("backlog %d, single %v, %d connections, closed %v", backlog, single, connections, closed)
					t.Run(name, func(t *testing.T) {
						t.Parallel()
						want := loadOrdinary(t, serveOrdinary(t, backlog, single), connections, "nethttp", closed)
						if !single && want != ordinaryJobs {
							t.Errorf("nethttp: %d delivered", want)
						}
						for _, transport := range []string{"epoll", "fast"} {
							if transport == "epoll" && !closed {
								continue // an open loop has none
							}
							if got := loadOrdinary(t, serveOrdinary(t, backlog, single), connections, transport, closed); got < want {
								t.Errorf("%s: %d delivered, nethttp %d", transport, got, want)
							}
						}
					})
				}
			}
		}
	}
}

const ordinaryJobs = 200

// loadOrdinary returns how many jobs were delivered.
func loadOrdinary(t *testing.T, o *ordinary, connections int, transport string, closed bool) int64 {
	t.Helper()
	profile := webhook.Profile2020()
	profile.MaxAttempts = 1
	profile.Timeout = 30 * time.Second // the kernel repeats a dial after 1, 3, 7 and 15 s
	p := traffictest.Plan(t, "constant", 1000, 0, func(cfg *plan.Config) { cfg.Jobs, cfg.Profile = ordinaryJobs, profile })
	cfg := run.Config{URL: o.url, Script: p, Profile: profile, Connections: connections, Closed: closed, Transport: transport}
	var end func()
	if transport == "nethttp" {
		plain := delivery.NewTransport()
		plain.MaxIdleConnsPerHost, plain.MaxConnsPerHost = connections, connections
		cfg.Exchanger, end = &delivery.Client{Profile: profile, Transport: plain}, plain.CloseIdleConnections
	} else {
		client, err := wire.New(o.url, profile, connections, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Exchanger, cfg.ReuseForms, end = client, true, client.Close
		if transport == "epoll" {
			cfg.Looper, cfg.LoopTransport = client, transport
		}
	}
	r, err := run.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	end()
	result := r.Report(p.Scheme())
	if answered := o.answered.Load(); result.Planned != ordinaryJobs || result.Delivered > answered {
		t.Errorf("%s: %d delivered, %d answered: %+v", transport, result.Delivered, answered, result.Counts)
	}
	return result.Delivered
}
