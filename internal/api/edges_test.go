package api_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/api"
	"github.com/scrapehook/scrapehook/internal/cloud"
)

func TestHead(t *testing.T) {
	t.Parallel()
	seen := newCalls()
	w := newWorld(t, api.Config{Observe: seen.observe})
	w.finish(cloud.JobSpec{ID: 1, SitemapID: w.addSitemap()}, 1<<26) // which GET would never end
	_, err := w.AddJob(cloud.JobSpec{ID: 2, SitemapID: w.addSitemap()})
	w.must(err)
	for _, tc := range []struct {
		path, kind string
		status     int
		length     int64
	}{
		{"account", "application/json", 200, 128},
		{"scraping-job/3", "application/json", 404, int64(len(notFound))},
		{"scraping-job/1/json", "application/json", 200, -1},
		{"scraping-job/1/csv", "text/csv; charset=utf-8", 200, -1},
		{"scraping-job/1/xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", 200, -1},
		{"scraping-job/2/json", "application/json", 200, 0},
	} {
		got := w.call("HEAD", tc.path, "")
		if got.status != tc.status || got.header.Get("Content-Type") != tc.kind || got.length != tc.length || got.body != "" {
			t.Errorf("%s: %d, %s, %d bytes declared, %q", tc.path, got.status, got.header.Get("Content-Type"), got.length, got.body)
		}
		if call := await(t, seen.ended); !call.Complete || call.Bytes != 0 || call.Download() {
			t.Errorf("%s is told of as %+v", tc.path, call)
		}
	}
}

// send writes a request by hand and reads the answer to its end.
func send(t *testing.T, address, request string) (status int, header http.Header, body string) {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.WriteString(conn, request) }() // it may be refused before its end
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("no answer to %.60q: %v", request, err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Errorf("the answer to %.60q ends with %v", request, err)
	}
	return resp.StatusCode, resp.Header, string(got)
}

// TestRefusals are those that no handler sees.
func TestRefusals(t *testing.T) {
	t.Parallel()
	c, err := cloud.New(cloud.Config{})
	if err != nil {
		t.Fatal(err)
	}
	handler, err := api.New(api.Config{Cloud: c, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(handler)
	server.Listener = api.Listen(server.Listener)
	server.Config.DisableGeneralOptionsHandler = true
	server.Start()
	t.Cleanup(server.Close)
	post := "POST /api/v1/sitemap?api_token=" + token + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
	for _, tc := range []struct {
		name, request string
		status        int
		error         string // "": any
	}{
		{"no request line", "hello\r\n\r\n", 400, "Bad Request"},
		{"no version", "GET /\r\n\r\n", 400, "Bad Request"},
		{"a bad version", "GET / HTTP/9.9\r\nHost: x\r\n\r\n", 505, ""},
		{"no host", "GET /api/v1/account HTTP/1.1\r\n\r\n", 400, "Bad Request: missing required Host header"},
		{"a bad host", "GET /api/v1/account HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "Bad Request: malformed Host header"},
		{"two hosts", "GET /api/v1/account HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, ""},
		{"a bad field", "GET /api/v1/account HTTP/1.1\r\nHost: a\r\nA b: c\r\n\r\n", 400, ""},
		{"a bad length", "POST /api/v1/sitemap HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 400, ""},
		{"a coding", "POST /api/v1/sitemap HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: br\r\n\r\n", 501, "Unsupported transfer encoding"},
		{"a large head", "GET / HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat("a", 2<<20) + "\r\n\r\n", 431, "Request Header Fields Too Large"},
		{"an expectation", "POST /api/v1/sitemap HTTP/1.1\r\nHost: x\r\nExpect: cake\r\n\r\n", 417, "Expectation Failed"},
		{"OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404, "Not Found"},
		{"a path outside", "GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 404, "Not Found"},
		{"a chunk without a size", post + "x\r\n{}\r\n0\r\n\r\n", 400, ""},
		{"a chunk of another size", post + "1\r\n{}\r\n0\r\n\r\n", 400, ""},
	} {
		status, header, body := send(t, server.Listener.Addr().String(), tc.request)
		var answer struct {
			Success *bool
			Error   string
		}
		if err := json.Unmarshal([]byte(body), &answer); err != nil || status != tc.status || answer.Success == nil || *answer.Success ||
			answer.Error == "" || (tc.error != "" && answer.Error != tc.error) || header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %s %v", tc.name, status, body, header)
		}
	}
}

// TestPlainHTTPToHTTPS also shows that https still works.
func TestPlainHTTPToHTTPS(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.StartTLS()
	t.Cleanup(server.Close)
	var config net.ListenConfig
	plainListener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	secure := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Minute}
	served := make(chan error, 1)
	go func() {
		served <- secure.Serve(api.Listen(tls.NewListener(plainListener, &tls.Config{Certificates: server.TLS.Certificates, MinVersion: tls.VersionTLS12})))
	}()
	t.Cleanup(func() {
		_ = secure.Close()
		<-served
	})
	address := plainListener.Addr().String()
	status, _, body := send(t, address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	if want := `{"success":false,"error":"Bad Request: this is https, and the request is http"}`; status != 400 || body != want {
		t.Errorf("got %d %s", status, body)
	}
	client := server.Client()
	resp, err := client.Get("https://" + address)
	if err != nil || resp.StatusCode != http.StatusNotFound {
		t.Fatalf("%v, %v", resp, err)
	}
	_ = resp.Body.Close()
}

// TestAWholeAnswerIsComplete has clients that leave as soon as they have the last
// byte, as most do.
func TestAWholeAnswerIsComplete(t *testing.T) {
	t.Parallel()
	const clients, calls = 8, 40
	seen := make(chan api.Call, 3*clients*calls)
	w := newWorld(t, api.Config{Observe: func(c api.Call) {
		if !c.Ended.IsZero() {
			seen <- c
		}
	}})
	w.finish(cloud.JobSpec{ID: 1, SitemapID: w.addSitemap()}, 300)
	rows := len(w.rows(1))
	address := strings.TrimSuffix(strings.TrimPrefix(w.url, "http://"), api.Path)
	leave := func(ctx context.Context, path, last string, size int) error {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err != nil {
			return err
		}
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(conn, "GET %s%s?api_token=%s HTTP/1.1\r\nHost: x\r\n\r\n", api.Path, path, token); err != nil {
			return err
		}
		answer := make([]byte, 0, size+4096)
		// The last chunk, which is empty, may come along with it.
		for len(answer) < size || !strings.Contains(string(answer[max(0, len(answer)-len(last)-8):]), last) {
			n, err := conn.Read(answer[len(answer):cap(answer)])
			if err != nil {
				return err
			}
			answer = answer[:len(answer)+n]
		}
		return nil
	}
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for range calls {
				for path, size := range map[string]int{"account": 128, "scraping-job/9": 37, "scraping-job/1/json": rows} {
					last := "}"
					if size == rows {
						last = "}\n\r\n" // the end of the last chunk of rows
					}
					if err := leave(t.Context(), path, last, size); err != nil {
						t.Error(path, err)
					}
				}
			}
		})
	}
	all.Wait()
	for range 3 * clients * calls {
		if call := await(t, seen); !call.Complete {
			t.Fatalf("a client that had the whole answer: %+v", call)
		}
	}
}
