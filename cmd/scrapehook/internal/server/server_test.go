package server_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/server"
	"github.com/scrapehook/scrapehook/receiver"
)

// TestMain fails the package when a test leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const form = "scrapingjob_id=1&status=finished&sitemap_id=1"

// notification is a request as it is on the wire.
func notification(header, body string) string {
	return "POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n" + header + "\r\n" + body
}

func whole() string { return notification(fmt.Sprintf("Content-Length: %d\r\n", len(form)), form) }

// exchange sends a request and returns the answer and whether the connection is
// over then.
func exchange(t *testing.T, conn net.Conn, request string) (code int, closed bool) {
	t.Helper()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	from := bufio.NewReader(conn)
	resp, err := http.ReadResponse(from, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.ReadAll(resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Close
}

// Bytes that a proxy takes for another request's must not be taken for one here.
func TestConflictOfLengthsEndsTheConnection(t *testing.T) {
	t.Parallel()
	chunked := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(form), form)
	for name, tc := range map[string]struct {
		request string
		closed  bool
	}{
		"a length":            {whole(), false},
		"chunks":              {notification("Transfer-Encoding: chunked\r\n", chunked), true},
		"a length and chunks": {notification("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", chunked), true},
		"chunks and a length": {notification("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", chunked), true},
		"two lengths":         {notification("Content-Length: 3\r\nContent-Length: 45\r\n", form), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				listener, stop := serveInBubble(t)
				conn := listener.dial()
				if _, closed := exchange(t, conn, tc.request); closed != tc.closed {
					t.Errorf("the connection is closed: %v, want %v", closed, tc.closed)
				}
				_ = conn.Close()
				stop()
			})
		})
	}
}

// While the store is opened, requests are answered, and a stop needs no wait.
func TestAnswersWhileItStarts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		listener := newPipes()
		ctx, cancel := context.WithCancel(t.Context())
		ended, cfg := make(chan error), config()
		cfg.AnswerEarly = true
		go func() {
			ended <- server.Run(ctx, listener, cfg, func(ctx context.Context) (*receiver.Receiver, error) {
				<-ctx.Done()
				return nil, fmt.Errorf("opening: %w", context.Cause(ctx))
			})
		}()
		conn := listener.dial()
		for request, want := range map[string]int{
			whole(): http.StatusServiceUnavailable,
			"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n": http.StatusOK,
			"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n":  http.StatusServiceUnavailable,
		} {
			if code, _ := exchange(t, conn, request); code != want {
				t.Errorf("%.20q was answered %d, want %d", request, code, want)
			}
		}
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the stop: %v", err)
		}
		_ = conn.Close()
	})
}

func TestFailedStart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("the store is broken")
		err := server.Run(t.Context(), newPipes(), config(), func(context.Context) (*receiver.Receiver, error) { return nil, broken })
		if !errors.Is(err, broken) {
			t.Errorf("error %v", err)
		}
	})
}

// A store that hangs holds up neither answers nor the stop.
func TestStopWithAStoreThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		listener, ready := newPipes(), make(chan struct{})
		cfg := config()
		cfg.Ready = func() { close(ready) }
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			ended <- server.Run(ctx, listener, cfg, openKeeping(func(context.Context, []receiver.Arrival) error {
				time.Sleep(4 * time.Second) // the store's own bound
				return errors.New("silent")
			}))
		}()
		<-ready
		conn := listener.dial()
		var sending sync.WaitGroup
		sending.Go(func() {
			if code, _ := exchange(t, conn, whole()); code != http.StatusServiceUnavailable {
				t.Errorf("answered %d", code)
			}
		})
		synctest.Wait()
		begun := time.Now()
		cancel()
		if err := <-ended; err != nil || time.Since(begun) > 5*time.Second {
			t.Errorf("the stop took %v: %v", time.Since(begun), err)
		}
		sending.Wait()
		_ = conn.Close()
	})
}

// shortListener has no descriptors for some time.
type shortListener struct {
	net.Listener
	mu   sync.Mutex
	left int // connections that can be had before the shortage
}

func (l *shortListener) Accept() (net.Conn, error) {
	l.mu.Lock()
	short := l.left == 0
	l.left--
	l.left = max(0, l.left)
	l.mu.Unlock()
	if short {
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return l.Listener.Accept()
}

// TestShortageOfDescriptors has clients that send nothing take all descriptors:
// they are cut for those that come after, and the log says what to raise.
func TestShortageOfDescriptors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inner := newPipes()
		short := &shortListener{Listener: inner, left: 3}
		var log strings.Builder
		cfg, ready := config(), make(chan struct{})
		cfg.Log, cfg.Ready = slog.New(slog.NewTextHandler(&log, nil)), func() { close(ready) }
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- server.Run(ctx, short, cfg, openKeeping(nil)) }()
		<-ready
		var silent []net.Conn
		for range 3 {
			silent = append(silent, inner.dial())
			time.Sleep(time.Millisecond)
		}
		if _, err := silent[0].Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("the oldest silent connection was not cut: %v", err)
		}
		short.mu.Lock()
		short.left = 1
		short.mu.Unlock()
		good := inner.dial()
		if code, _ := exchange(t, good, whole()); code != http.StatusOK {
			t.Errorf("a good client was answered %d", code)
		}
		for _, conn := range append(silent, good) {
			_ = conn.Close()
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if !strings.Contains(log.String(), "ulimit -n") {
			t.Errorf("logged %q", log.String())
		}
	})
}
