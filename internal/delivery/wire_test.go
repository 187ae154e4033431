package delivery_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/webhook"
)

// listen serves every connection to a raw endpoint with handle, which need not
// close it, and returns the endpoint's address.
func listen(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			handle(c)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return l.Addr().String()
}

// readRequest reads a request that ends in "name=my-sitemap", byte for byte.
func readRequest(c net.Conn) string {
	var got []byte
	for b := make([]byte, 1); !bytes.HasSuffix(got, []byte("my-sitemap")); {
		if _, err := c.Read(b); err != nil {
			break
		}
		got = append(got, b[0])
	}
	return string(got)
}

const form = "scrapingjob_id=1234&status=finished&sitemap_id=12&sitemap_name=my-sitemap"

func client() *delivery.Client { return &delivery.Client{Profile: webhook.Profile2020()} }

func TestGoldenRequest(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		client delivery.Client
		change func(*delivery.Request)
		want   string // HOST stands for the endpoint's address
	}{
		{
			name: "a plain notification",
			want: "POST /hook?token=s%20t HTTP/1.1\r\nHost: HOST\r\nUser-Agent: scrapehook\r\nContent-Length: 73\r\n" +
				"Content-Type: application/x-www-form-urlencoded\r\n\r\n" + form,
		},
		{
			name:   "spelled out",
			client: delivery.Client{UserAgent: "ours"},
			change: func(r *delivery.Request) {
				r.Method = http.MethodPut
				r.Header = http.Header{"content-type": {"text/plain"}, "Host": {"other.test"}, "User-Agent": {"theirs"}, "X-A": {"1", "2"}}
			},
			want: "PUT /hook?token=s%20t HTTP/1.1\r\nHost: other.test\r\nUser-Agent: theirs\r\nContent-Length: 73\r\n" +
				"X-A: 1\r\nX-A: 2\r\ncontent-type: text/plain\r\n\r\n" + form,
		},
		{
			name:   "with a password in the URL",
			change: func(r *delivery.Request) { r.URL = strings.Replace(r.URL, "http://", "http://u:p@", 1) },
			want: "POST /hook?token=s%20t HTTP/1.1\r\nHost: HOST\r\nUser-Agent: scrapehook\r\nContent-Length: 73\r\n" +
				"Authorization: Basic dTpw\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n" + form,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := make(chan string, 1)
			addr := listen(t, func(c net.Conn) {
				got <- readRequest(c)
				_, _ = io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
			})
			r := delivery.Request{URL: "http://" + addr + "/hook?token=s%20t", Body: []byte(form)}
			if tc.change != nil {
				tc.change(&r)
			}
			tc.client.Profile = webhook.Profile2020()
			a := tc.client.Do(t.Context(), r)
			if a.Reason != delivery.Acked {
				t.Errorf("%s: %s", a.Reason, a.Err)
			}
			want := strings.Replace(tc.want, "HOST", addr, 1)
			if got := <-got; got != want {
				t.Errorf("sent\n%q, want\n%q", got, want)
			}
			if head, err := tc.client.Head(a.Request); err != nil || string(head)+string(a.Request.Body) != want {
				t.Errorf("the attempt says that it sent\n%q, want\n%q (%v)", string(head)+string(a.Request.Body), want, err)
			}
		})
	}
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		answer string // written when the request was read; then the connection is closed
		reason delivery.Reason
		status int
		body   string
	}{
		{"200", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", delivery.Acked, 200, "ok"},
		{"no length", "HTTP/1.1 200 OK\r\n\r\nto the end", delivery.Acked, 200, "to the end"},
		{"HTTP/1.0", "HTTP/1.0 201 Created\r\n\r\n", delivery.Acked, 201, ""},
		{"chunked with a trailer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n", delivery.Acked, 200, "ok"},
		{"interim answers first", "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", delivery.Acked, 204, ""},
		{"interim answers only", "HTTP/1.1 102 Processing\r\n\r\n", delivery.Reset, 0, ""},
		{"bytes after the answer", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 No\r\n\r\n", delivery.Acked, 200, "ok"},
		{"gzip that nobody asked for", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nno", delivery.Acked, 200, "no"},
		{"302", "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", delivery.Rejected, 302, ""},
		{"307", "HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", delivery.Rejected, 307, ""},
		{"101", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", delivery.Rejected, 101, ""},
		{"500", "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\n\r\noops", delivery.Rejected, 500, "oops"},
		{"500 with half a body", "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\n\r\noo", delivery.Rejected, 500, "oo"},
		{"nothing", "", delivery.Reset, 0, ""},
		{"half a head", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n", delivery.Reset, 0, ""},
		{"half a header line", "HTTP/1.1 200 OK\r\nContent-", delivery.Protocol, 0, ""},
		{"half a body", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok", delivery.Reset, 200, "ok"},
		{"half a chunked body", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", delivery.Reset, 200, "ok"},
		{"garbage for chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n<html>\r\n", delivery.Protocol, 200, ""},
		{"no HTTP", "SSH-2.0-OpenSSH_9.9\r\n", delivery.Protocol, 0, ""},
		{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok", delivery.Protocol, 0, ""},
		{"an endless head", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 80<<10) + "\r\n\r\n", delivery.Protocol, 0, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int32
			addr := listen(t, func(c net.Conn) {
				requests.Add(1)
				readRequest(c)
				_, _ = io.WriteString(c, tc.answer)
			})
			a := client().Do(t.Context(), delivery.Request{URL: "http://" + addr, Body: []byte(form)})
			if a.Reason != tc.reason || a.Status != tc.status || string(a.Body) != tc.body {
				t.Errorf("%s, status %d, body %q (%s), want %s, %d, %q", a.Reason, a.Status, a.Body, a.Err, tc.reason, tc.status, tc.body)
			}
			if n := requests.Load(); n != 1 {
				t.Errorf("%d connections for one attempt", n)
			}
			if a.Connected.IsZero() || a.Sent.IsZero() || (a.FirstByte.IsZero() != (tc.answer == "")) || a.Ended.Before(a.Sent) {
				t.Errorf("stages %+v", a)
			}
		})
	}
}

func TestOutcomesWithoutARequest(t *testing.T) {
	t.Parallel()
	closing := listen(t, func(net.Conn) {})
	selfSigned := httptest.NewUnstartedServer(http.NotFoundHandler())
	selfSigned.Config.ErrorLog = log.New(io.Discard, "", 0)
	selfSigned.StartTLS()
	t.Cleanup(selfSigned.Close)
	plain := listen(t, func(c net.Conn) {
		_, _ = bufio.NewReader(c).Peek(1)
		_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n")
	})
	for _, tc := range []struct {
		name, url string
		reason    delivery.Reason
	}{
		{"closed at once", "http://" + closing, delivery.Reset},
		{"closed in the handshake", "https://" + closing, delivery.Reset},
		{"nothing listens", "http://127.0.0.1:1", delivery.Refused},
		{"unknown authority", selfSigned.URL, delivery.TLS},
		{"no TLS there", "https://" + plain, delivery.TLS},
		{"no such host", "http://no-such-host.invalid/", delivery.Lookup},
		{"not a URL", "no-such-scheme", delivery.Invalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a := client().Do(t.Context(), delivery.Request{URL: tc.url, Body: []byte(form)})
			if a.Reason != tc.reason || a.Err == "" || a.Status != 0 {
				t.Errorf("%s (%s), status %d, want %s", a.Reason, a.Err, a.Status, tc.reason)
			}
		})
	}
}

func TestTLSAcknowledged(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }))
	t.Cleanup(server.Close)
	transport := delivery.NewTransport()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	c := delivery.Client{Profile: webhook.Profile2020(), Transport: transport}
	if a := c.Do(t.Context(), delivery.Request{URL: server.URL}); a.Reason != delivery.Acked || a.Connected.IsZero() {
		t.Errorf("%s: %s", a.Reason, a.Err)
	}
}

// TestNothingIsReplayed makes an endpoint tempt net/http: it answers once and
// would keep the connection, then hangs up on whatever comes.
func TestNothingIsReplayed(t *testing.T) {
	t.Parallel()
	for _, body := range []string{form, ""} {
		for _, method := range []string{http.MethodPost, http.MethodGet} {
			t.Run(fmt.Sprintf("%s of %d bytes", method, len(body)), func(t *testing.T) {
				t.Parallel()
				var requests atomic.Int32
				server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
					if requests.Add(1) > 1 {
						panic(http.ErrAbortHandler)
					}
				}))
				t.Cleanup(server.Close)
				c := delivery.Client{Profile: webhook.Profile2020(), Transport: delivery.NewTransport()}
				for i, want := range []delivery.Reason{delivery.Acked, delivery.Reset} {
					a := c.Do(t.Context(), delivery.Request{
						URL: server.URL, Method: method, Body: []byte(body), Header: http.Header{"Idempotency-Key": {"1"}},
					})
					if n := int(requests.Load()); a.Reason != want || n != i+1 {
						t.Errorf("attempt %d: %s (%s), %d requests so far, want %s", i+1, a.Reason, a.Err, n, want)
					}
				}
			})
		}
	}
}

// TestEarlyAnswer: the endpoint refuses an enormous form without reading it.
// The cut-off write must not hide the answer.
func TestEarlyAnswer(t *testing.T) {
	t.Parallel()
	addr := listen(t, func(c net.Conn) {
		_, _ = bufio.NewReader(c).Peek(1)
		_, _ = io.WriteString(c, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n")
	})
	a := client().Do(t.Context(), delivery.Request{URL: "http://" + addr, Body: make([]byte, 16<<20)})
	if a.Reason != delivery.Rejected || a.Status != 413 || !a.Sent.IsZero() {
		t.Errorf("%s, status %d, sent at %v (%s)", a.Reason, a.Status, a.Sent, a.Err)
	}
}

func TestAnswerBeforeTheRequest(t *testing.T) {
	t.Parallel()
	for range 20 {
		addr := listen(t, func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 204 No Content\r\n\r\n")
			readRequest(c)
		})
		if a := client().Do(t.Context(), delivery.Request{URL: "http://" + addr, Body: []byte(form)}); a.Reason != delivery.Acked {
			t.Fatalf("%s: %s", a.Reason, a.Err)
		}
	}
}

func TestDropAnswer(t *testing.T) {
	t.Parallel()
	hungUp := make(chan error, 1)
	addr := listen(t, func(c net.Conn) {
		readRequest(c)
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
		_, err := c.Read(make([]byte, 1))
		hungUp <- err
	})
	a := client().Do(t.Context(), delivery.Request{URL: "http://" + addr, Body: []byte(form), DropAnswer: true})
	if a.Reason != delivery.Dropped || a.FirstByte.IsZero() || a.Err == "" {
		t.Errorf("%s at %v", a.Reason, a.FirstByte)
	}
	if err := <-hungUp; err == nil {
		t.Error("the endpoint was not hung up on")
	}
}

func TestBodyIsCutNotLost(t *testing.T) {
	t.Parallel()
	const size = 1 << 20
	addr := listen(t, func(c net.Conn) {
		readRequest(c)
		_, _ = fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", size, strings.Repeat("x", size))
	})
	a := client().Do(t.Context(), delivery.Request{URL: "http://" + addr, Body: []byte(form)})
	if a.Reason != delivery.Acked || len(a.Body) != 64<<10 || a.BodyBytes != size {
		t.Errorf("%s (%s): kept %d of %d bytes", a.Reason, a.Err, len(a.Body), a.BodyBytes)
	}
}

// TestStuckHandshakeEndsWithTheAttempt: net/http would leave it behind.
func TestStuckHandshakeEndsWithTheAttempt(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	addr := listen(t, func(c net.Conn) {
		hello := make([]byte, 1<<16)
		if _, err := c.Read(hello); err != nil { // the ClientHello, never answered
			ended <- err
			return
		}
		cancel()
		_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
		_, err := c.Read(hello)
		ended <- err
	})
	if a := client().Do(ctx, delivery.Request{URL: "https://" + addr}); a.Reason != delivery.Canceled {
		t.Errorf("%s: %s", a.Reason, a.Err)
	}
	if err := <-ended; err == nil || strings.Contains(err.Error(), "timeout") {
		t.Errorf("the connection ended by %v, want it closed with the attempt", err)
	}
}
