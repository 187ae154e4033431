package fault_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/fault"
)

// lines is the whole answer that the faults work on, 42 bytes of four lines.
const lines = "0123 äöü\n0123456789\n0123456789\n0123 ü\n"

const malformed = `{"web-scraper-order":"` + "\n"

// answerLines writes lines in two pieces that split a line.
func answerLines(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	for _, piece := range []string{lines[:15], lines[15:]} {
		if _, err := io.WriteString(w, piece); err != nil {
			return
		}
	}
}

// serve serves f over TCP. The channel tells what Serve reported.
func serve(t *testing.T, f fault.Fault) (url string, whole <-chan bool) {
	t.Helper()
	reported := make(chan bool, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reported <- f.Serve(w, r, http.HandlerFunc(answerLines))
	}))
	t.Cleanup(server.Close)
	return server.URL, reported
}

// exchange is what a client sees. err is of the call, readErr of the body.
type exchange struct {
	*http.Response
	body         string
	err, readErr error
}

func get(ctx context.Context, t *testing.T, url string) exchange {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return exchange{err: err}
	}
	defer resp.Body.Close()
	body, readErr := io.ReadAll(resp.Body)
	return exchange{resp, string(body), nil, readErr}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		fault fault.Fault
		// What the client sees.
		status  int
		body    string
		length  int64 // Content-Length; -1 for none
		header  [2]string
		callErr error
		readErr error
		whole   bool
	}{
		{name: "none", fault: fault.Fault{}, status: 200, body: lines, length: 42, whole: true},
		{name: "stall", fault: fault.Fault{Kind: fault.Stall, Delay: time.Millisecond}, status: 200, body: lines, length: 42, whole: true},
		{name: "stall in the body", fault: fault.Fault{Kind: fault.Stall, Delay: time.Millisecond, After: 11}, status: 200, body: lines, length: -1, whole: true},
		{name: "stall after a shorter body", fault: fault.Fault{Kind: fault.Stall, Delay: time.Hour, After: 100}, status: 200, body: lines, length: 42, whole: true},
		{name: "dribble", fault: fault.Fault{Kind: fault.Dribble, Delay: time.Microsecond, Chunk: 6}, status: 200, body: lines, length: -1, whole: true},
		{name: "dribble by the byte", fault: fault.Fault{Kind: fault.Dribble}, status: 200, body: lines, length: -1, whole: true},
		{
			name: "too many requests", fault: fault.Fault{Kind: fault.TooManyRequests, RetryAfter: 2100 * time.Millisecond},
			status: 429, body: `{"success":false,"error":"Too Many Attempts."}`, length: 46, header: [2]string{"Retry-After", "3"}, whole: true,
		},
		{
			name: "too many requests without a time", fault: fault.Fault{Kind: fault.TooManyRequests},
			status: 429, body: `{"success":false,"error":"Too Many Attempts."}`, length: 46, header: [2]string{"Retry-After", ""}, whole: true,
		},
		{
			name: "server error", fault: fault.Fault{Kind: fault.ServerError},
			status: 500, body: `{"success":false,"error":"Server Error"}`, length: 40, header: [2]string{"Content-Type", "application/json"}, whole: true,
		},
		{
			name: "bad gateway", fault: fault.Fault{Kind: fault.BadGateway},
			status: 502, body: badGateway, length: int64(len(badGateway)), header: [2]string{"Content-Type", "text/html"}, whole: true,
		},
		{name: "reset", fault: fault.Fault{Kind: fault.Reset}, callErr: syscall.ECONNRESET},
		{name: "truncate", fault: fault.Fault{Kind: fault.Truncate, After: 25}, status: 200, body: lines[:25], length: 51, readErr: io.ErrUnexpectedEOF},
		{name: "truncate at once", fault: fault.Fault{Kind: fault.Truncate}, status: 200, length: 1, readErr: io.ErrUnexpectedEOF},
		{name: "truncate a shorter body", fault: fault.Fault{Kind: fault.Truncate, After: 100}, status: 200, body: lines, length: 201, readErr: io.ErrUnexpectedEOF},
		{name: "cut short within a line", fault: fault.Fault{Kind: fault.CutShort, After: 13}, status: 200, body: lines[:23], length: 23},
		{name: "cut short at a line's end", fault: fault.Fault{Kind: fault.CutShort, After: 12}, status: 200, body: lines[:12], length: 12},
		{name: "cut short at once", fault: fault.Fault{Kind: fault.CutShort}, status: 200, length: 0},
		{name: "malformed line", fault: fault.Fault{Kind: fault.MalformedLine, After: 13}, status: 200, body: lines[:23] + malformed + lines[23:], length: 65, whole: true},
		{name: "malformed first line", fault: fault.Fault{Kind: fault.MalformedLine}, status: 200, body: malformed + lines, length: 65, whole: true},
		{name: "malformed line after a shorter body", fault: fault.Fault{Kind: fault.MalformedLine, After: 42}, status: 200, body: lines, length: 42, whole: true},
		{name: "cut short a shorter body", fault: fault.Fault{Kind: fault.CutShort, After: 42}, status: 200, body: lines, length: 42, whole: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			url, whole := serve(t, tc.fault)
			got := get(t.Context(), t, url)
			if reported := <-whole; reported != tc.whole {
				t.Errorf("reported whole %v", reported)
			}
			if !errors.Is(got.err, tc.callErr) {
				t.Fatalf("the call ended with %v, want %v", got.err, tc.callErr)
			}
			if got.err != nil {
				return
			}
			if got.StatusCode != tc.status || got.body != tc.body || !errors.Is(got.readErr, tc.readErr) {
				t.Errorf("got %d %q, %v, want %d %q, %v", got.StatusCode, got.body, got.readErr, tc.status, tc.body, tc.readErr)
			}
			if got.ContentLength != tc.length {
				t.Errorf("declared %d bytes, want %d", got.ContentLength, tc.length)
			}
			if name, want := tc.header[0], tc.header[1]; name != "" && got.Header.Get(name) != want {
				t.Errorf("%s is %q, want %q", name, got.Header.Get(name), want)
			}
		})
	}
}

const badGateway = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n" +
	"<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"

func TestResetInTheBody(t *testing.T) {
	t.Parallel()
	url, whole := serve(t, fault.Fault{Kind: fault.Reset, After: 20})
	got := get(t.Context(), t, url)
	// A reset may overtake what was sent before it, the head included.
	if err := errors.Join(got.err, got.readErr); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the client saw %v, want a reset", err)
	}
	if !strings.HasPrefix(lines[:20], got.body) || <-whole {
		t.Errorf("%q passed, want no more than 20 bytes", got.body)
	}
}

func TestStallIsReleased(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	url, whole := serve(t, fault.Fault{Kind: fault.Stall, Delay: time.Hour, Release: release})
	close(release)
	if got := get(t.Context(), t, url); got.body != lines || !<-whole {
		t.Errorf("got %q, %v", got.body, got.err)
	}
}

// TestSlowFaultsEndWithTheClient would hang if a fault waited on.
func TestSlowFaultsEndWithTheClient(t *testing.T) {
	t.Parallel()
	for _, f := range []fault.Fault{
		{Kind: fault.Stall, Delay: time.Hour},
		{Kind: fault.Stall, Delay: time.Hour, After: 5},
		{Kind: fault.Dribble, Delay: time.Hour},
	} {
		t.Run(f.String(), func(t *testing.T) {
			t.Parallel()
			url, whole := serve(t, f)
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
			if f.Kind == fault.Dribble || f.After > 0 {
				if _, err := conn.Read(make([]byte, 1)); err != nil {
					t.Fatal(err)
				}
			}
			if err := conn.Close(); err != nil {
				t.Fatal(err)
			}
			if <-whole {
				t.Error("an answer that nobody took was reported as whole")
			}
		})
	}
}

// TestStallComesFirst looks at the order on the wire: the bytes that pass, and
// only after the release the rest.
func TestStallComesFirst(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	url, _ := serve(t, fault.Fault{Kind: fault.Stall, Delay: time.Hour, Release: release, After: 11})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	begin := make([]byte, 11)
	if _, err := io.ReadFull(resp.Body, begin); err != nil || string(begin) != lines[:11] {
		t.Fatalf("got %q, %v", begin, err)
	}
	close(release)
	if rest, err := io.ReadAll(resp.Body); err != nil || string(rest) != lines[11:] {
		t.Errorf("then got %q, %v", rest, err)
	}
}

// TestEveryKind holds each kind to a description and to Serve's table.
func TestEveryKind(t *testing.T) {
	t.Parallel()
	kinds := fault.All()
	if len(kinds) != 9 || slices.Contains(kinds, "") {
		t.Errorf("the kinds are %v", kinds)
	}
	for _, kind := range kinds {
		f := fault.Fault{Kind: kind}
		if f.String() == string(kind) {
			t.Errorf("%s has no description", kind)
		}
		rec := httptest.NewRecorder()
		func() {
			defer func() {
				if kind == fault.Reset && recover() == nil {
					t.Error("what can't be reset was not aborted")
				}
			}()
			f.Serve(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil), http.HandlerFunc(answerLines))
		}()
	}
	defer func() {
		if recover() == nil {
			t.Error("an unknown kind went unnoticed")
		}
	}()
	fault.Fault{Kind: "earthquake"}.Serve(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil), http.HandlerFunc(answerLines))
}
