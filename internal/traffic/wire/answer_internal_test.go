package wire

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
)

// answers are where the search for others begins.
var answers = []string{
	"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n",
	"HTTP/1.1 204 No Content\r\n\r\n",
	"HTTP/1.1 204\r\nContent-Length: 5\r\n\r\n",
	"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
	"HTTP/1.1 500 \r\nconnection: Close\r\ncontent-length: 0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nConnection: close\r\nContent-Length:0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nConnection: close, x\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
	"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\nx",
	"HTTP/1.1 200 OK\r\nContent-Length: 999999999999999999\r\n\r\nx",
	"HTTP/1.1 200 OK\r\nContent-Length: 1 \r\n\r\nx",
	"HTTP/1.1 200 OK\r\nX: folded\r\n once\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 200 OK\r\n X: 1\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nX : 1\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
	"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 101 Switching Protocols\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 20x OK\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 200 OK\r\n: 1\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nX: \x00\r\nContent-Length: 0\r\n\r\n",
	"SSH-2.0-OpenSSH\r\n",
	"",
}

// FuzzParse holds the parser to net/http's: what it calls simple, that one reads
// alike, to the byte; and while such an answer is still coming, it is short.
func FuzzParse(f *testing.F) {
	for _, answer := range answers {
		f.Add([]byte(answer))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, finding := parse(b)
		if finding != simple {
			return
		}
		// So that what is left shows how much of it was the head.
		rest := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(b), strings.NewReader("!")), len(b)+bufferSize)
		resp, err := http.ReadResponse(rest, post)
		if err != nil {
			t.Fatalf("%q is simple, and net/http says: %v", b, err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != h.status || resp.ContentLength != h.length || resp.Close == h.keep || resp.TransferEncoding != nil {
			t.Errorf("%q is %+v, and net/http's is %d with %d bytes, close %v, %v", b, h,
				resp.StatusCode, resp.ContentLength, resp.Close, resp.TransferEncoding)
		}
		left, err := io.ReadAll(rest)
		if want := string(b[h.size:]) + "!"; err != nil || string(left) != want {
			t.Errorf("after the head of %q there is %q, and net/http leaves %q, %v", b, want, left, err)
		}
		for n := range h.size {
			if _, finding := parse(b[:n]); finding != short {
				t.Fatalf("%q is simple, and its first %d bytes are %d", b, n, finding)
			}
		}
	})
}

// TestParseTakesWhatIsCommon: the short way is no use if nobody's answer takes it.
func TestParseTakesWhatIsCommon(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"net/http":       "HTTP/1.1 200 OK\r\nDate: Mon, 02 Jan 2006 15:04:05 GMT\r\nContent-Length: 3\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nok\n",
		"without a body": "HTTP/1.1 204 No Content\r\nDate: Mon, 02 Jan 2006 15:04:05 GMT\r\n\r\n",
		"Node.js":        "HTTP/1.1 200 OK\r\nX-Powered-By: Express\r\nContent-Length: 2\r\nETag: W/\"2-nOO9QiTIwXgNtWtBJezz8kv3SLc\"\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\n\r\nOK",
		"an error":       "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
	} {
		if _, finding := parse([]byte(answer)); finding != simple {
			t.Errorf("an answer of %s is %d", name, finding)
		}
	}
}
