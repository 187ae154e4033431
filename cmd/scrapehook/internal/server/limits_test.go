package server_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/server"
	"github.com/scrapehook/scrapehook/receiver"
)

// pipes is a listener of connections within the process.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	close  func()
}

func newPipes() *pipes {
	p := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	p.close = sync.OnceFunc(func() { close(p.closed) })
	return p
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.close(); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial() net.Conn {
	ours, theirs := net.Pipe()
	p.conns <- theirs
	return ours
}

// TestLimits sends what is too slow or too large: each of them is got rid
// of in time, with a word where one can be said.
func TestLimits(t *testing.T) {
	t.Parallel()
	const request = "POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	for name, tc := range map[string]struct {
		at, slowly string // what is sent at once, and then a byte a second
		answer     string // how the answer begins
		after      time.Duration
	}{
		"silence":            {"", "", "", 10 * time.Second},
		"a slow head":        {request, "X-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "", 10 * time.Second},
		"a slow body":        {request + "Content-Length: 100\r\n\r\n", "scrapingjob_id=1&status=finished&sitemap_id=1", "HTTP/1.1 400", 10 * time.Second},
		"a slow chunk":       {request + "Transfer-Encoding: chunked\r\n\r\n", "100\r\nscrapingjob_id=1&status=finished", "HTTP/1.1 400", 10 * time.Second},
		"a large head":       {request + "X-Large: " + strings.Repeat("a", 40<<10), "", "HTTP/1.1 431", time.Second},
		"a large body":       {request + "Content-Length: 100000\r\n\r\n" + strings.Repeat("a", 100_000), "", "HTTP/1.1 413", time.Second},
		"an idle connection": {request + "Content-Length: 45\r\n\r\nscrapingjob_id=1&status=finished&sitemap_id=1", "", "HTTP/1.1 200", time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				listener, stop := serveInBubble(t)
				conn, begun := listener.dial(), time.Now()
				var sending sync.WaitGroup
				sending.Go(func() {
					_, _ = io.WriteString(conn, tc.at) // until the other side hangs up
					for _, b := range []byte(tc.slowly) {
						time.Sleep(time.Second)
						if _, err := conn.Write([]byte{b}); err != nil {
							return
						}
					}
				})
				answer, err := io.ReadAll(conn)
				if took := time.Since(begun); took > tc.after+time.Second || !strings.HasPrefix(string(answer), tc.answer) || err != nil {
					t.Errorf("hung up after %v, having said %.40q, %v; want %v and %q", took, answer, err, tc.after, tc.answer)
				}
				_ = conn.Close()
				sending.Wait()
				stop()
			})
		})
	}
}

// serveInBubble serves a receiver that keeps nothing. stop waits for its end.
func serveInBubble(t *testing.T) (listener *pipes, stop func()) {
	t.Helper()
	listener = newPipes()
	ctx, cancel := context.WithCancel(t.Context())
	ended, ready := make(chan error), make(chan struct{})
	cfg := config()
	cfg.Ready = func() { close(ready) }
	go func() { ended <- server.Run(ctx, listener, cfg, openKeeping(nil)) }()
	<-ready
	return listener, func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func config() server.Config {
	return server.Config{Path: "/webhook", Metrics: prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler)}
}

// openKeeping opens a receiver that hands notifications to keep; nil keeps
// nothing.
func openKeeping(keep func(context.Context, []receiver.Arrival) error) func(context.Context) (*receiver.Receiver, error) {
	if keep == nil {
		keep = func(context.Context, []receiver.Arrival) error { return nil }
	}
	return func(context.Context) (*receiver.Receiver, error) {
		return receiver.New(receiver.Config{HandOff: keep, Log: slog.New(slog.DiscardHandler)})
	}
}
