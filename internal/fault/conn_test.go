package fault_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/webhook"
)

// written is a connection that counts what is written to it, piece by piece.
type written struct {
	net.Conn
	mu     sync.Mutex
	pieces []string
}

func (w *written) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pieces = append(w.pieces, string(p))
	return w.Conn.Write(p)
}

// TestRequestsOnTheWire sends with a fault to a real server, and looks at the
// packets and at what became of the attempt.
func TestRequestsOnTheWire(t *testing.T) {
	t.Parallel()
	const form = "scrapingjob_id=7&status=finished"
	for _, tc := range []struct {
		rule   string
		pieces int // at least
		head   int // pieces of it
		reason delivery.Reason
		err    string
		got    string // by the server
	}{
		{"slow-body,delay=1ms", 33, 1, delivery.Acked, "", form},
		{"slow-body,chunk=8,delay=1ms", 5, 1, delivery.Acked, "", form},
		{"split-packets,delay=1ms", 10, 9, delivery.Acked, "", form},
		{"cut", 1, 1, delivery.Reset, "cut on purpose after 16 bytes of the body", "error"},
		{"cut,after=5", 1, 1, delivery.Reset, "cut on purpose after 5 bytes of the body", "error"},
		{"cut,after=1000", 1, 1, delivery.Acked, "", form},
		{"drop-answer", 1, 1, delivery.Dropped, "hung up", form},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			t.Parallel()
			got := make(chan string, 1)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					got <- "error"
					return
				}
				got <- string(body)
				_, _ = io.WriteString(w, "fine")
			}))
			t.Cleanup(server.Close)
			rule, err := fault.ParseSenderRule(tc.rule)
			if err != nil {
				t.Fatal(err)
			}
			plan := fault.NewSenderPlan(1)
			if _, err := plan.Add(rule); err != nil {
				t.Fatal(err)
			}
			m := plan.For(notification(1, 7))
			var w *written
			ctx := delivery.WithTap(t.Context(), func(c net.Conn) net.Conn {
				w = &written{Conn: c}
				if m.Tap == nil {
					return w
				}
				return m.Tap(w)
			})
			r := delivery.Request{URL: server.URL, Body: []byte(form)}
			if m.Change != nil {
				r = m.Change(r)
			}
			client := &delivery.Client{Profile: webhook.Profile2020()}
			a := client.Do(ctx, r)
			if a.Reason != tc.reason || !strings.Contains(a.Err, tc.err) {
				t.Errorf("it ended %s (%s)", a.Reason, a.Err)
			}
			select {
			case text := <-got:
				if text != tc.got {
					t.Errorf("the server got %q", text)
				}
			case <-time.After(time.Minute):
				t.Error("the server got nothing")
			}
			w.mu.Lock()
			defer w.mu.Unlock()
			all := strings.Join(w.pieces, "")
			if len(w.pieces) < tc.pieces || !strings.HasPrefix(all, "POST / HTTP/1.1\r\n") {
				t.Errorf("%d pieces were written: %q", len(w.pieces), w.pieces)
			}
			if whole := strings.Contains(w.pieces[0], "\r\n\r\n"); whole != (tc.head == 1) {
				t.Errorf("the first piece is %q", w.pieces[0])
			}
		})
	}
}

// TestPausesEnd: who hangs up on a slow request does not wait for it.
func TestPausesEnd(t *testing.T) {
	t.Parallel()
	here, there := net.Pipe()
	go func() { _, _ = io.Copy(io.Discard, there) }()
	c := fault.Pace{Size: 1, Pause: time.Hour}.Conn(here)
	ended := make(chan error, 1)
	go func() {
		_, err := c.Write([]byte("ab"))
		ended <- err
	}()
	_ = c.Close()
	if err := <-ended; err == nil {
		t.Error("the write has ended well")
	}
	_ = there.Close()
}
