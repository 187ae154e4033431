package wire_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/traffic/wire"
	"github.com/scrapehook/scrapehook/webhook"
)

// transports are what the suite holds to one behaviour. Each makes a client as
// a load has it: its connections last.
var transports = map[string]func(t *testing.T, url string, profile webhook.Profile) doer{
	"fast": func(t *testing.T, url string, profile webhook.Profile) doer {
		t.Helper()
		c, err := wire.New(url, profile, 64, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return c
	},
	"epoll": func(t *testing.T, url string, profile webhook.Profile) doer {
		t.Helper()
		c, err := wire.New(url, profile, 64, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return &looped{Client: c, t: t}
	},
	"nethttp": func(t *testing.T, _ string, profile webhook.Profile) doer {
		t.Helper()
		transport := delivery.NewTransport()
		transport.MaxIdleConnsPerHost, transport.IdleConnTimeout = 16, time.Minute
		return plain{&delivery.Client{Profile: profile, Transport: transport}, transport}
	},
}

type doer interface {
	Do(ctx context.Context, r delivery.Request) delivery.Attempt
	Close()
}

// looped has one connection, which is a loop's, and from when that leaves it, as
// it is in a run, the client's.
type looped struct {
	*wire.Client
	t        *testing.T
	requests chan delivery.Request
	attempts chan delivery.Attempt
}

func (l *looped) Do(ctx context.Context, r delivery.Request) delivery.Attempt {
	if l.requests == nil {
		l.requests, l.attempts = make(chan delivery.Request), make(chan delivery.Attempt)
		go l.serve(ctx)
	}
	l.requests <- r
	return <-l.attempts
}

func (l *looped) serve(ctx context.Context) {
	var rest func() delivery.Attempt
	err := l.Loop(ctx, 1, func(int) (delivery.Request, bool) {
		r, ok := <-l.requests
		return r, ok
	}, func(_ int, a delivery.Attempt) {
		l.attempts <- a
	}, func(_ int, left func() delivery.Attempt) {
		rest = left
	})
	if err != nil && !noLoop(err) {
		l.t.Error(err)
	}
	if rest != nil {
		l.attempts <- rest()
	}
	for r := range l.requests {
		l.attempts <- l.Client.Do(ctx, r)
	}
}

func (l *looped) Close() {
	if l.requests != nil {
		close(l.requests)
	}
	l.Client.Close()
}

// plain is net/http's.
type plain struct {
	*delivery.Client
	transport *http.Transport
}

func (p plain) Close() { p.transport.CloseIdleConnections() }

// behaviour is what an endpoint does, and what a sender makes of it.
type behaviour struct {
	name string
	// answer is written to each request that was read; then the connection is
	// closed, if closes. serve does something else with a connection.
	answer string
	closes bool
	serve  func(s *session)
	// attempts are made one after the other (2); each sends form bytes (a
	// notification's), and hangs up at the first byte, if drop.
	attempts int
	form     int
	drop     bool
	timeout  time.Duration // 10 s
	// want are the attempts' outcomes: the reason, the status if there is one,
	// and the bytes of the body. The last one is that of the rest.
	want []string
	// conns are the connections that the attempts take together.
	conns int
	// racing: how far an attempt came depends on who is faster.
	racing bool
}

// endpoint is a raw server, and what it has seen.
type endpoint struct {
	url      string
	mu       sync.Mutex
	conns    int
	requests []string
	// onRequest, if it is set, is told how many there were.
	onRequest func(n int)
	// stop waits until all connections were served, which the client should
	// have closed.
	stop func()
	// refuse makes it refuse connections from now on.
	refuse func()
}

// session is a connection as its endpoint has it.
type session struct {
	net.Conn
	in   *bufio.Reader
	to   *endpoint
	body string // of the last request
	nth  int    // of the endpoint's connections, from 1
	done <-chan struct{}
}

// request reads one and keeps its bytes. It reports whether there was one.
func (s *session) request() bool {
	var head strings.Builder
	length := 0
	for {
		line, err := s.in.ReadString('\n')
		head.WriteString(line)
		if err != nil {
			return false
		}
		if value, ok := strings.CutPrefix(line, "Content-Length: "); ok {
			length, _ = strconv.Atoi(strings.TrimSpace(value))
		}
		if line == "\r\n" {
			break
		}
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(s.in, body); err != nil {
		return false
	}
	s.body = string(body)
	s.to.saw(head.String() + s.body)
	return true
}

func (s *session) write(text string) { _, _ = io.WriteString(s.Conn, text) }

// stay holds the connection until the client closes it or the test ends.
func (s *session) stay() { _, _ = io.Copy(io.Discard, s.in) }

// reset closes the connection with a reset.
func (s *session) reset() {
	_ = s.Conn.(*net.TCPConn).SetLinger(0) //nolint:forcetypeassert // it is one
	_ = s.Close()
}

func (e *endpoint) saw(request string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.requests = append(e.requests, strings.ReplaceAll(request, strings.TrimPrefix(e.url, "http://"), "HOST"))
	if e.onRequest != nil {
		e.onRequest(len(e.requests))
	}
}

// start serves b until the test ends.
func start(t *testing.T, b *behaviour) *endpoint {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, l, b)
}

// serve serves b on l until the test ends.
func serve(t *testing.T, l net.Listener, b *behaviour) *endpoint {
	t.Helper()
	e := &endpoint{url: "http://" + l.Addr().String(), refuse: func() { _ = l.Close() }}
	done := make(chan struct{})
	var sessions sync.WaitGroup
	sessions.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			e.mu.Lock()
			e.conns++
			s := &session{Conn: c, in: bufio.NewReader(c), to: e, nth: e.conns, done: done}
			e.mu.Unlock()
			sessions.Go(func() {
				stop := context.AfterFunc(t.Context(), func() { _ = c.Close() })
				defer stop()
				defer func() { _ = c.Close() }()
				b.handle(s)
			})
		}
	})
	e.stop = sync.OnceFunc(func() {
		close(done)
		_ = l.Close()
		sessions.Wait()
	})
	t.Cleanup(e.stop)
	return e
}

func (b *behaviour) handle(s *session) {
	if b.serve != nil {
		b.serve(s)
		return
	}
	for s.request() {
		s.write(b.answer)
		if b.closes {
			return
		}
	}
}

// result is what came of a behaviour: the attempts' outcomes, and what reached
// the endpoint.
type result struct {
	outcomes, stages []string
	errors           []string
	conns            int
	requests         []string
}

func (b *behaviour) perform(t *testing.T, transport string) result {
	t.Helper()
	e := start(t, b)
	profile := webhook.Profile2020()
	if b.timeout > 0 {
		profile.Timeout = b.timeout
	}
	client := transports[transport](t, e.url, profile)
	form := []byte("scrapingjob_id=1&status=finished&sitemap_id=2&sitemap_name=my-sitemap")
	if b.form > 0 {
		form = make([]byte, b.form)
	}
	var r result
	for range max(b.attempts, 1) {
		a := client.Do(t.Context(), delivery.Request{URL: e.url, Body: form, DropAnswer: b.drop})
		r.outcomes = append(r.outcomes, outcome(a))
		r.stages = append(r.stages, stages(a))
		r.errors = append(r.errors, a.Err)
		if (a.Err == "") != (a.Reason == delivery.Acked) || a.Ended.Before(a.Started) {
			t.Errorf("%s: attempt %+v", transport, a)
		}
	}
	client.Close()
	e.stop()
	r.conns, r.requests = e.conns, slices.Clone(e.requests)
	return r
}

func outcome(a delivery.Attempt) string {
	if a.Status == 0 {
		return string(a.Reason)
	}
	return fmt.Sprintf("%s %d %d", a.Reason, a.Status, a.BodyBytes)
}

// stages are those that an attempt came to. Whether it was sent in full is left
// out where the answer is there: that may have come before.
func stages(a delivery.Attempt) string {
	var s []string
	for _, stage := range []struct {
		name string
		at   time.Time
	}{{"connected", a.Connected}, {"sent", a.Sent}, {"first byte", a.FirstByte}, {"head", a.HeadEnded}} {
		if !stage.at.IsZero() && (stage.name != "sent" || a.FirstByte.IsZero()) {
			s = append(s, stage.name)
		}
	}
	return strings.Join(s, ", ")
}

// TestOneBehaviour holds all transports to the same bytes on the wire, the same
// outcomes, and the same use of connections.
func TestOneBehaviour(t *testing.T) {
	t.Parallel()
	all := slices.Concat(lengths, heads, connections, failures, timeouts)
	if len(all) < 40 {
		t.Fatalf("%d behaviours only", len(all))
	}
	for _, b := range all {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			results := map[string]result{}
			for name := range transports {
				r := b.perform(t, name)
				results[name] = r
				for i, got := range r.outcomes {
					if want := b.want[min(i, len(b.want)-1)]; got != want {
						t.Errorf("%s: attempt %d is %q (%s), want %q", name, i+1, got, r.errors[i], want)
					}
				}
				if want := max(b.conns, 1); r.conns != want {
					t.Errorf("%s: %d connections, want %d", name, r.conns, want)
				}
			}
			plain := results["nethttp"]
			for name, r := range results {
				if !slices.Equal(r.requests, plain.requests) {
					t.Errorf("%s sent\n%q, nethttp\n%q", name, r.requests, plain.requests)
				}
				if !b.racing && !slices.Equal(r.stages, plain.stages) {
					t.Errorf("%s came to %q, nethttp to %q", name, r.stages, plain.stages)
				}
			}
		})
	}
}
