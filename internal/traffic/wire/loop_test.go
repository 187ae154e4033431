package wire_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/traffic/wire"
	"github.com/scrapehook/scrapehook/webhook"
)

// load sends forms over connections of a loop, as a run does: a connection that
// leaves it goes on by itself.
type load struct {
	*wire.Client
	url      string
	mu       sync.Mutex
	forms    []string
	attempts map[string]delivery.Attempt
	looped   int // attempts that were the loop's to the end
	leaving  sync.WaitGroup
}

func (l *load) take() (r delivery.Request, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.forms) == 0 {
		return r, false
	}
	r = delivery.Request{URL: l.url, Body: []byte(l.forms[0])}
	l.forms = l.forms[1:]
	return r, true
}

func (l *load) ended(r delivery.Request, a delivery.Attempt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, again := l.attempts[string(r.Body)]; again {
		a.Err += " (twice)"
	}
	l.attempts[string(r.Body)] = a
}

// run sends all forms and returns when that has ended.
func (l *load) run(ctx context.Context, t *testing.T, connections int) {
	t.Helper()
	l.attempts = map[string]delivery.Attempt{}
	under := make([]delivery.Request, connections)
	err := l.Loop(ctx, connections, func(i int) (r delivery.Request, ok bool) {
		under[i], ok = l.take()
		return under[i], ok
	}, func(i int, a delivery.Attempt) {
		l.looped++
		l.ended(under[i], a)
	}, func(i int, rest func() delivery.Attempt) {
		l.leaving.Go(func() {
			if rest != nil {
				l.ended(under[i], rest())
			}
			for r, ok := l.take(); ok; r, ok = l.take() {
				l.ended(r, l.Do(ctx, r))
			}
		})
	})
	l.leaving.Wait()
	if noLoop(err) {
		t.Skipf("no loop here: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// noLoop reports whether err is that there are no loops, where that may be.
func noLoop(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) &&
		runtime.GOOS != "linux"
}

func newLoad(t *testing.T, url string, timeout time.Duration, forms ...string) *load {
	t.Helper()
	profile := webhook.Profile2020()
	profile.Timeout = timeout
	c, err := wire.New(url, profile, 64, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return &load{Client: c, url: url, forms: forms}
}

type manner struct {
	name   string
	answer func(s *session) (goesOn bool)
	want   string
	leaves bool
}

// manners are what an endpoint does with a form that begins so, and what comes
// of it. A loop keeps its connection through the first ones, dials anew after
// those in the middle, and leaves the last ones to net/http.
var manners = []manner{
	{"acks", says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), "acked 200 2", false},
	{"acks-in-pieces", func(s *session) bool {
		for _, piece := range []string{"HTT", "P/1.1 200 OK\r\nContent-", "Length: 5\r\n", "\r\nab", "c", "de"} {
			s.write(piece)
			time.Sleep(time.Millisecond) // so that they are pieces
		}
		return true
	}, "acked 200 5", false},
	{"no-content", says("HTTP/1.1 204 No Content\r\n\r\n"), "acked 204 0", false},
	{"large", says("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + strings.Repeat("x", 100_000)), "acked 200 100000", false},
	{"rejects", says("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"), "rejected 500 0", false},

	{"closes", func(s *session) bool {
		s.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		return false
	}, "acked 200 0", false},
	{"resets", func(s *session) bool {
		s.reset()
		return false
	}, "reset", false},
	{"hangs-up", func(*session) bool { return false }, "reset", false},
	{"half-a-body", func(s *session) bool {
		s.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok")
		return false
	}, "reset 200 2", false},
	{"silent", func(s *session) bool {
		s.stay()
		return false
	}, "timeout", false},
	{"silent-in-the-body", func(s *session) bool {
		s.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok")
		s.stay()
		return false
	}, "timeout 200 2", false},

	{"chunks", says("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"), "acked 200 2", true},
	{"silent-in-the-head", func(s *session) bool {
		s.write("HTTP/1.1 200 OK\r\n")
		s.stay()
		return false
	}, "timeout", true},
	{"garbage", func(s *session) bool {
		s.write("SSH-2.0\r\n")
		return false
	}, "protocol", true},
}

func says(answer string) func(s *session) bool {
	return func(s *session) bool {
		s.write(answer)
		return true
	}
}

// mannered serves each form as its name says.
func mannered(t *testing.T) *endpoint {
	t.Helper()
	return start(t, &behaviour{serve: func(s *session) {
		for goesOn := true; goesOn && s.request(); {
			name, _, _ := strings.Cut(s.body, "=")
			i := slices.IndexFunc(manners, func(m manner) bool { return m.name == name })
			goesOn = manners[i].answer(s)
		}
	}})
}

// TestLoopAccountsForEverything has connections meet all manners, each several
// times and in another order: the loop's own are performed by it, and all of them
// end as they should, once.
func TestLoopAccountsForEverything(t *testing.T) {
	t.Parallel()
	for _, leaves := range []bool{false, true} {
		t.Run(fmt.Sprintf("leaves %v", leaves), func(t *testing.T) {
			t.Parallel()
			e := mannered(t)
			l := newLoad(t, e.url, 500*time.Millisecond)
			for i := range 10 {
				for k := range manners {
					m := &manners[(i+3*k)%len(manners)]
					if leaves || !m.leaves {
						l.forms = append(l.forms, fmt.Sprintf("%s=%d", m.name, i))
					}
				}
			}
			forms := slices.Clone(l.forms)
			l.run(t.Context(), t, 5)
			for _, form := range forms {
				name, _, _ := strings.Cut(form, "=")
				i := slices.IndexFunc(manners, func(m manner) bool { return m.name == name })
				a := l.attempts[form]
				if got := outcome(a); got != manners[i].want || strings.Contains(a.Err, "twice") {
					t.Errorf("%s is %s (%s), want %s", form, got, a.Err, manners[i].want)
				}
				if took := a.Ended.Sub(a.Started); (a.Reason == delivery.Timeout) != (took >= 500*time.Millisecond) {
					t.Errorf("%s took %v", form, took)
				}
			}
			l.Close()
			e.stop()
			if len(e.requests) != len(forms) {
				t.Errorf("%d requests came, of %d", len(e.requests), len(forms))
			}
			if !leaves && l.looped != len(forms) {
				t.Errorf("the loop performed %d of %d", l.looped, len(forms))
			}
		})
	}
}

// TestLoopEndsWithItsContext cancels what is under way, and leaves nothing.
func TestLoopEndsWithItsContext(t *testing.T) {
	t.Parallel()
	e := mannered(t)
	l := newLoad(t, e.url, time.Minute, "silent=1", "silent-in-the-body=2", "silent-in-the-head=3", "acks=4", "silent=5")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	e.mu.Lock()
	e.onRequest = func(n int) {
		if n == 5 {
			cancel()
		}
	}
	e.mu.Unlock()
	l.run(ctx, t, 4)
	for form, a := range l.attempts {
		want := delivery.Canceled
		if strings.HasPrefix(form, "acks") {
			want = delivery.Acked
		}
		if a.Reason != want {
			t.Errorf("%s is %s: %s", form, a.Reason, a.Err)
		}
	}
	if len(l.attempts) != 5 {
		t.Errorf("%d attempts", len(l.attempts))
	}
}

// TestLoopMeetsARefusal: the endpoint is not there, or not any more.
func TestLoopMeetsARefusal(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := newLoad(t, "http://"+listener.Addr().String(), time.Minute, "a=1", "a=2", "a=3", "a=4")
	_ = listener.Close()
	l.run(t.Context(), t, 2)
	for form, a := range l.attempts {
		if a.Reason != delivery.Refused || !strings.Contains(a.Err, "connection refused") {
			t.Errorf("%s is %s: %s", form, a.Reason, a.Err)
		}
	}
	if len(l.attempts) != 4 {
		t.Errorf("%d attempts", len(l.attempts))
	}

	var once sync.Once
	e := start(t, &behaviour{serve: func(s *session) {
		once.Do(s.to.refuse) // no connection but this one
		if s.request() {
			s.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
		}
	}})
	l = newLoad(t, e.url, time.Minute, "a=1", "a=2", "a=3")
	l.run(t.Context(), t, 1)
	if got := []delivery.Reason{l.attempts["a=1"].Reason, l.attempts["a=2"].Reason, l.attempts["a=3"].Reason}; !slices.Equal(got, []delivery.Reason{delivery.Acked, delivery.Refused, delivery.Refused}) {
		t.Errorf("%v", got)
	}
	if a := l.attempts["a=2"]; !strings.Contains(a.Err, "dial tcp 127.0.0.1:") || l.looped != 3 {
		t.Errorf("%s; the loop performed %d", a.Err, l.looped)
	}
}

// TestLoopOverIPv6 dials anew there, too.
func TestLoopOverIPv6(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "[::1]:0")
	if err != nil {
		t.Skipf("no IPv6 here: %v", err)
	}
	e := serve(t, listener, &behaviour{answer: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", closes: true})
	l := newLoad(t, e.url, time.Minute, "a=1", "a=2", "a=3")
	l.run(t.Context(), t, 1)
	for form, a := range l.attempts {
		if a.Reason != delivery.Acked {
			t.Errorf("%s is %s: %s", form, a.Reason, a.Err)
		}
	}
	if l.looped != 3 {
		t.Errorf("the loop performed %d", l.looped)
	}
}
