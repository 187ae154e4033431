package scenarios

import (
	"github.com/scrapehook/scrapehook/internal/redact"

	"bytes"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
)

// What evidence keeps, in bytes: of one direction of a connection while it is
// open, and of heads and bodies in the report.
const (
	streamKept = 16 << 10
	headKept   = 4 << 10
	bodyKept   = 2 << 10
)

// transcript remembers what went over one connection.
type transcript struct {
	mu             sync.Mutex
	sent, received stream // guarded by mu
}

// stream is the beginning of what went one way, and the length of all of it.
type stream struct {
	kept  []byte
	total int64
}

func (s *stream) add(p []byte) {
	s.total += int64(len(p))
	s.kept = append(s.kept, p[:min(len(p), streamKept-len(s.kept))]...)
}

// tap returns c with its bytes on the transcript.
func (t *transcript) tap(c net.Conn) net.Conn { return &transcribedConn{c, t} }

// streams are what is on the transcript. A transport may still be writing.
func (t *transcript) streams() (sent, received stream) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return stream{bytes.Clone(t.sent.kept), t.sent.total}, stream{bytes.Clone(t.received.kept), t.received.total}
}

type transcribedConn struct {
	net.Conn
	transcript *transcript
}

func (c *transcribedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.transcript.mu.Lock()
	defer c.transcript.mu.Unlock()
	c.transcript.sent.add(p[:n])
	return n, err
}

func (c *transcribedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.transcript.mu.Lock()
	defer c.transcript.mu.Unlock()
	c.transcript.received.add(p[:n])
	return n, err
}

// wire is the evidence of an exchange, and why no curl line repeats it, if none
// does; nil when nothing was sent. paced says that pauses between its parts
// were what the request was about.
func (t *transcript) wire(a delivery.Attempt, limit time.Duration, paced bool, r redact.Redactor) (w *Wire, uncurled string) {
	sent, received := t.streams()
	if sent.total == 0 {
		return nil, ""
	}
	w = &Wire{Request: messageOf(r, sent), Answer: messageOf(r, received)}
	if a.Status != 0 {
		// What the chunks say is what people want to see.
		w.Answer.Body, w.Answer.Bytes = r.Cut(string(a.Body), a.BodyBytes, bodyKept), a.BodyBytes
	}
	w.Curl, uncurled = curl(a.URL, sent, limit, paced, r)
	return w, uncurled
}

// messageOf takes a stream apart. The heads of informational answers stand
// before that of the answer they announce.
func messageOf(r redact.Redactor, s stream) Message {
	end := headEnd(s.kept)
	if end < 0 {
		return Message{Head: headOf(r, string(s.kept), s.total)}
	}
	body := s.total - int64(end)
	return Message{
		Head: headOf(r, string(s.kept[:end]), int64(end)), Body: r.Cut(string(s.kept[end:]), body, bodyKept), Bytes: body,
	}
}

// headOf is a head as lines, with a mark where it was cut.
func headOf(r redact.Redactor, s string, whole int64) string {
	cut := r.Cut(s, whole, headKept)
	head := strings.TrimSpace(strings.ReplaceAll(cut, "\r\n", "\n"))
	if int64(len(s)) < whole || len(cut) == headKept {
		head += "…"
	}
	return head
}

// headEnd is where the body begins, and -1 when the head did not end.
func headEnd(kept []byte) int {
	end := 0
	for {
		n := bytes.Index(kept[end:], []byte("\r\n\r\n"))
		if n < 0 {
			return -1
		}
		informational := bytes.HasPrefix(kept[end:], []byte("HTTP/1.1 1")) && !bytes.HasPrefix(kept[end:], []byte("HTTP/1.1 101"))
		if end += n + 4; !informational {
			return end
		}
	}
}
