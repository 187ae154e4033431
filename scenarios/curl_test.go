package scenarios

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/redact"
	"github.com/scrapehook/scrapehook/internal/testtool"
)

// TestCurlRepeats pastes the lines into a shell, and compares what arrives with
// what was sent.
func TestCurlRepeats(t *testing.T) {
	t.Parallel()
	needs(t, "curl")
	needs(t, "bash")
	const form = "Content-Type: application/x-www-form-urlencoded\r\n"
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	for _, tc := range []struct{ name, raw string }{
		{"a form", "POST /hook?a=b%20c HTTP/1.1\r\nHost: HOST\r\nUser-Agent: scrapehook\r\nContent-Length: 7\r\n" + form + "\r\na=b&c=d"},
		{"quotes and variables", "POST / HTTP/1.1\r\nHost: HOST\r\nUser-Agent: it's \"$HOME\" `id` \\ !\r\nContent-Length: 13\r\n" + form + "\r\n'\"$HOME`id`\\!"},
		{"a body that looks like a file", "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 11\r\n" + form + "\r\n@/etc/hosts"},
		{"letters beyond ASCII", "POST / HTTP/1.1\r\nHost: HOST\r\nX-Name: žluťoučký\r\nContent-Length: 15\r\n" + form + "\r\nname=žluťý!!"},
		{"lines", "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 9\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\na\n\tb"},
		{"every byte", "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 256\r\n" + form + "\r\n" + string(every)},
		{"every byte but one", "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 255\r\n" + form + "\r\n" + string(every[1:])},
		{"an empty body", "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0\r\n" + form + "\r\n"},
		{"no body", "POST / HTTP/1.1\r\nHost: HOST\r\nUser-Agent: x\r\n\r\n"},
		{"a GET", "GET /hook?a[]={b} HTTP/1.1\r\nHost: HOST\r\n" + form + "\r\n"},
		{"a PUT", "PUT /a/../b HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1\r\n" + form + "\r\nx"},
		{"a DELETE with a body", "DELETE / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1\r\n" + form + "\r\nx"},
		{"names in lower case", "POST / HTTP/1.1\r\nhost: HOST\r\nuser-agent: x\r\ncontent-type: text/plain\r\ncontent-length: 3\r\n\r\na=b"},
		{"another host, and an empty field", "POST / HTTP/1.1\r\nHost: shop.example\r\nX-Empty: \r\nContent-Length: 1\r\n" + form + "\r\nx"},
		{"a body that curl would ask about", "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 5000\r\n" + form + "\r\n" + strings.Repeat("x", 5000)},
		{"chunks", "POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n" + form + "\r\n2\r\na=\r\n1\r\nb\r\n0\r\n\r\n"},
		{"a token in the query", "POST /?token=s3cr%27et+ HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1\r\n" + form + "\r\nx"},
		{"a token in the head, and in the body", "POST / HTTP/1.1\r\nHost: HOST\r\nX-Token: s3cr'et \r\nContent-Length: 18\r\n" + form + "\r\nx=s3cr'et &y='s3cr"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			host, arrived := onePeer(t)
			raw := strings.ReplaceAll(tc.raw, "HOST", host)
			r := redactorOf(Config{Token: Token{"query", "token", "s3cr'et "}})
			line, why := curl("http://"+host+"/", stream{[]byte(raw), int64(len(raw))}, time.Minute, false, r)
			if line == "" {
				t.Fatalf("no line: %s", why)
			}
			if strings.Contains(tc.raw, "s3cr'et ") && strings.Contains(strings.ReplaceAll(line, `'\''`, "'"), "s3cr'et ") {
				t.Errorf("the secret is in %s", line)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			shell := exec.CommandContext(ctx, "bash", "-c", line)
			shell.Env = append(os.Environ(), "TOKEN=s3cr'et ", "TOKEN_ESCAPED=s3cr%27et+")
			if out, err := shell.CombinedOutput(); err != nil || !strings.Contains(string(out), "HTTP/1.1 200 OK") {
				t.Fatalf("%s\n%v: %s", line, err, out)
			}
			head, body := parted(t, []byte(raw))
			gotHead, gotBody := parted(t, <-arrived)
			if !slices.Equal(head, gotHead) || !bytes.Equal(body, gotBody) {
				t.Errorf("%s\nsent %q\n     %q\ncame %q\n     %q", line, head, body, gotHead, gotBody)
			}
		})
	}
}

func TestNoCurl(t *testing.T) {
	t.Parallel()
	const raw = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n"
	for _, tc := range []struct {
		name, raw string
		total     int64
		paced     bool
		why       string
	}{
		{"in pieces", raw + "a=b", 0, true, "in pieces"},
		{"half of a head", raw[:30], 0, false, "not sent in full"},
		{"half of a body", raw + "a", 0, false, "not sent in full"},
		{"more than was kept", raw + "a=b", 1 << 20, false, "too long"},
		{"no HTTP", "hello\r\n\r\n", 0, false, "such a head"},
	} {
		line, why := curl("http://127.0.0.1/", stream{[]byte(tc.raw), max(tc.total, int64(len(tc.raw)))}, time.Second, tc.paced, redact.Redactor{})
		if line != "" || !strings.Contains(why, tc.why) {
			t.Errorf("%s: line %q, because %q", tc.name, line, why)
		}
	}
}

// onePeer serves one connection, and tells which bytes came over it.
func onePeer(t *testing.T) (host string, arrived <-chan []byte) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	came := make(chan []byte, 1)
	go func() {
		defer close(came)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		var bytes bytes.Buffer
		req, err := http.ReadRequest(bufio.NewReader(io.TeeReader(conn, &bytes)))
		if err == nil {
			_, err = io.Copy(io.Discard, req.Body)
		}
		if err == nil {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		}
		came <- bytes.Bytes()
	}()
	t.Cleanup(func() {
		_ = l.Close()
		for range came { // until it is closed
		}
	})
	return l.Addr().String(), came
}

// parted are the head's lines in the order of the alphabet, because curl has an
// order of its own, and the body without chunks.
func parted(t *testing.T, raw []byte) (head []string, body []byte) {
	t.Helper()
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		t.Fatalf("%v: %q", err, raw)
	}
	if body, err = io.ReadAll(req.Body); err != nil {
		t.Fatalf("%v: %q", err, raw)
	}
	head = strings.Split(string(raw[:headEnd(raw)-4]), "\r\n")
	for i := range head {
		if head[i] = strings.TrimSpace(head[i]); strings.HasPrefix(head[i], "host:") {
			head[i] = "Host" + head[i][4:] // curl knows no other spelling
		}
	}
	slices.Sort(head)
	return head, body
}

// needs skips or fails the test when tool can't be had.
func needs(t *testing.T, tool string) {
	t.Helper()
	testtool.Need(t, tool)
}
