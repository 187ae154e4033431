package tap_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/tap"
	"github.com/scrapehook/scrapehook/webhook"
)

// tapped starts a tap before an endpoint, and returns its address and what it tells.
func tapped(t *testing.T, to string, change func(*tap.Config)) (address string, told <-chan tap.Exchange) {
	t.Helper()
	target, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	exchanges := make(chan tap.Exchange, 10)
	cfg := tap.Config{To: target, Profile: webhook.Profile2020(), OnExchange: func(x tap.Exchange) { exchanges <- x }}
	if change != nil {
		change(&cfg)
	}
	proxy := tap.New(cfg)
	server := httptest.NewServer(proxy)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		proxy.Wait()
	})
	return server.Listener.Addr().String(), exchanges
}

// raw answers each connection with answer once it has read a request's head and
// that many bytes more, and tells what it read.
func raw(t *testing.T, body int, answer string) (address string, read <-chan string) {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	got, done := make(chan string, 10), make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			var text bytes.Buffer
			for r, buffer := bufio.NewReader(c), make([]byte, 1); ; {
				if _, err := io.ReadFull(r, buffer); err != nil {
					break
				}
				text.WriteByte(buffer[0])
				if i := strings.Index(text.String(), "\r\n\r\n"); i >= 0 && text.Len() >= i+4+body {
					break
				}
			}
			got <- text.String()
			_, _ = io.WriteString(c, answer)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return l.Addr().String(), got
}

// speak writes a request and returns all that is answered.
func speak(t *testing.T, address, request string) string {
	t.Helper()
	c, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	answer, _ := io.ReadAll(c) // a connection that is cut off is an end too
	return string(answer)
}

func TestBytesPassUnchanged(t *testing.T) {
	t.Parallel()
	const binary = "\x00\xff\r\n\r\n%zz"
	answer := "HTTP/1.1 418 I'm a teapot\r\nX-Answer: a\r\nX-Answer: b\r\nContent-Length: 4\r\n\r\n\x00\xff\x1bz"
	endpoint, read := raw(t, len(binary), answer)
	address, told := tapped(t, "http://"+endpoint+"/hook?token=s3cret", nil)
	got := speak(t, address, "POST /a%2Fb/?x=%zz;y&token=s3cret HTTP/1.1\r\nHost: hooks.example.com\r\nUser-Agent: \r\nX-Forwarded-For: 10.0.0.1\r\n"+
		"X-A: 1\r\nX-A: 2\r\nContent-Length: "+fmt.Sprint(len(binary))+"\r\nConnection: close\r\n\r\n"+binary)
	sent := <-read
	for _, want := range []string{
		"POST /a%2Fb/?x=%zz;y&token=s3cret HTTP/1.1\r\n", "Host: hooks.example.com\r\n", "X-Forwarded-For: 10.0.0.1\r\n",
		"X-A: 1\r\nX-A: 2\r\n", "\r\n\r\n" + binary,
	} {
		if !strings.Contains(sent, want) {
			t.Errorf("the endpoint got\n%q, without %q", sent, want)
		}
	}
	for _, added := range []string{"Accept-Encoding", "Go-http-client", "Content-Type", "Via"} {
		if strings.Contains(sent, added) {
			t.Errorf("%s was added: %q", added, sent)
		}
	}
	if !strings.HasPrefix(got, "HTTP/1.1 418 ") || !strings.Contains(got, "X-Answer: a\r\nX-Answer: b\r\n") || !strings.HasSuffix(got, "\r\n\r\n\x00\xff\x1bz") ||
		strings.Contains(got, "Date:") || strings.Contains(got, "Content-Type") {
		t.Errorf("the sender got\n%q", got)
	}
	x := <-told
	if string(x.Request.Body) != binary || x.Status != 418 || x.Reason != delivery.Rejected || string(x.Body) != "\x00\xff\x1bz" || len(x.Differs) == 0 {
		t.Errorf("it tells %+v", x)
	}
	for _, text := range []string{x.Redacted().Target, x.Redacted().URL} {
		if strings.Contains(text, "s3cret") {
			t.Errorf("a secret is shown: %s", text)
		}
	}
}

func post(body string) string {
	return "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: " + webhook.ContentType + "\r\nContent-Length: " + fmt.Sprint(len(body)) + "\r\nConnection: close\r\n\r\n" + body
}

func TestWhatAnEndpointMayDo(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, answer string
		want         string // what the sender's answer begins with
		reason       delivery.Reason
	}{
		{"it acknowledges", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 200 OK", delivery.Acked},
		{"it is broken", "HTTP/1.1 500 No\r\n\r\n", "HTTP/1.1 500 ", delivery.Rejected},
		{"it hangs up", "", "HTTP/1.1 502 Bad Gateway", delivery.Reset},
		{"it hangs up in its answer", "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok", "HTTP/1.1 200 OK", delivery.Reset},
		{"it speaks something else", "SSH-2.0\r\n", "HTTP/1.1 502 Bad Gateway", delivery.Protocol},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			endpoint, _ := raw(t, len(form), tc.answer)
			address, told := tapped(t, "http://"+endpoint, nil)
			got := speak(t, address, post(form))
			x := <-told
			if !strings.HasPrefix(got, tc.want) || x.Reason != tc.reason || string(x.Request.Body) != form || len(x.Differs) > 0 {
				t.Errorf("the sender got %q, and it tells %s %s, %q", got, x.Reason, x.Err, x.Differs)
			}
		})
	}
}

func TestNothingListens(t *testing.T) {
	t.Parallel()
	address, told := tapped(t, "http://127.0.0.1:1/", nil)
	got := speak(t, address, post(form))
	if !strings.HasPrefix(got, "HTTP/1.1 502 ") || !strings.Contains(got, "scrapehook tap: nothing listens on 127.0.0.1:1\n") {
		t.Errorf("the sender got %q", got)
	}
	if x := <-told; x.Reason != delivery.Refused || string(x.Request.Body) != form {
		t.Errorf("it tells %s of %q", x.Reason, x.Request.Body)
	}
}

func TestItTakesNoLongerThanTheSenderWaits(t *testing.T) {
	t.Parallel()
	hangs := make(chan struct{})
	endpoint := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-hangs:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(func() { close(hangs); endpoint.Close() })
	address, told := tapped(t, endpoint.URL, func(cfg *tap.Config) { cfg.Profile.Timeout = 50 * time.Millisecond })
	if got := speak(t, address, post(form)); !strings.HasPrefix(got, "HTTP/1.1 504 ") {
		t.Errorf("the sender got %q", got)
	}
	if x := <-told; x.Reason != delivery.Timeout {
		t.Errorf("it tells %s", x.Reason)
	}
}

func TestLargeBodiesPassWhole(t *testing.T) {
	t.Parallel()
	const size = 5 << 20
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write(body)
	}))
	t.Cleanup(endpoint.Close)
	address, told := tapped(t, endpoint.URL, nil)
	got := speak(t, address, post(strings.Repeat("a", size)))
	if strings.Count(got, "a") < size {
		t.Errorf("%d bytes of %d came back", strings.Count(got, "a"), size)
	}
	if x := <-told; !x.Cut() || x.FormBytes != size || x.BodyBytes != size || len(x.Body) > 64<<10 || len(x.Request.Body) > 1<<20 {
		t.Errorf("it keeps %d of %d bytes, and %d of %d", len(x.Request.Body), x.FormBytes, len(x.Body), x.BodyBytes)
	}
}

func TestRedacted(t *testing.T) {
	t.Parallel()
	secret := tap.Exchange{
		Target: "/hook?token=s3cret-a",
		Attempt: delivery.Attempt{
			URL: "http://u:s3cret-b@127.0.0.1/",
			Request: delivery.Request{
				Header: http.Header{"Authorization": {"Bearer s3cret-c"}, "X-Hook-Token": {"s3cret-d"}, "Referer": {"http://x/?a=s3cret-d"}},
				Body:   []byte(form + "&token=s3cret-e"),
			},
			Header: http.Header{"Set-Cookie": {"id=s3cret-f"}, "Location": {"/?token=s3cret-a"}},
			Body:   []byte("got s3cret-a and s3cret-d\xff"), BodyBytes: 26,
		},
	}
	secret.FormBytes = int64(len(secret.Request.Body))
	x := secret.Redacted()
	text := fmt.Sprint(x.Target, x.URL, x.Request.Header, string(x.Request.Body), x.Header, string(x.Body))
	if strings.Contains(text, "s3cret") {
		t.Errorf("a secret is left in %s", text)
	}
	if !strings.HasPrefix(string(x.Request.Body), form) || x.Cut() {
		t.Errorf("the form is now %s", x.Request.Body)
	}
	if !strings.Contains(fmt.Sprint(secret.Request.Header), "s3cret-d") {
		t.Error("what passes has changed as well")
	}
}
