package api

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestBodiesHaveATime: a body that drips is given up and answered; one that is
// whole leaves the answer all the time that it takes.
func TestBodiesHaveATime(t *testing.T) {
	t.Parallel()
	const limit = 200 * time.Millisecond
	server := httptest.NewServer(bounded(limit, answering(func(r *http.Request) (any, error) {
		body, err := readBody(r)
		if err != nil {
			return nil, err
		}
		select {
		case <-r.Context().Done():
			return nil, r.Context().Err()
		case <-time.After(2 * limit):
			return string(body), nil
		}
	})))
	t.Cleanup(server.Close)
	for name, tc := range map[string]struct{ head, status string }{
		"by its length":  {"Content-Length: 1000000", "408"},
		"in chunks":      {"Transfer-Encoding: chunked", "408"},
		"whole":          {"Content-Length: 0", "200"},
		"two at once":    {"Content-Length: 1", "200"},
		"without a body": {"X: y", "200"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%s\r\n\r\n", tc.head)
			if strings.HasSuffix(tc.head, " 1") {
				_, _ = io.WriteString(conn, "x")
			}
			stop := make(chan struct{})
			defer close(stop)
			if tc.status == "408" {
				go drip(conn, stop, strings.HasPrefix(tc.head, "T"))
			}
			_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
			answer, err := io.ReadAll(conn)
			if !strings.HasPrefix(string(answer), "HTTP/1.1 "+tc.status) {
				t.Errorf("answered %q, %v", answer, err)
			}
		})
	}
}

func drip(conn net.Conn, stop <-chan struct{}, chunked bool) {
	piece := "x"
	if chunked {
		piece = "1\r\nx\r\n"
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			if _, err := io.WriteString(conn, piece); err != nil {
				return
			}
		}
	}
}
