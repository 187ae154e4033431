package wire

import "bytes"

// head is what an exchange needs to know of an answer's head.
type head struct {
	size   int   // of the head, in bytes
	status int   // from 200 to 999
	length int64 // of the body after it, in bytes
	keep   bool  // the connection may be used again
}

// reading of an answer's first bytes.
type finding uint8

const (
	// simple: the head is whole, and what follows it is no body or one of a
	// known length.
	simple finding = iota
	// short: what there is would be simple, but it is not all.
	short
	// foreign: it needs all of HTTP, or is none. That is net/http's to judge.
	foreign
)

const protocol = "HTTP/1.1 "

// parse reads the head of an answer to a POST. What it calls simple, net/http
// would read alike; a test compares them.
func parse(b []byte) (head, finding) {
	end := bytes.IndexByte(b, '\n')
	if end < 0 {
		n := min(len(b), len(protocol))
		if string(b[:n]) != protocol[:n] {
			return head{}, foreign
		}
		return head{}, short
	}
	h := head{length: -1, keep: true}
	if !h.statusLine(b[:end+1]) {
		return head{}, foreign
	}
	for at := end + 1; ; {
		end := bytes.IndexByte(b[at:], '\n')
		if end < 0 {
			return head{}, short
		}
		line := b[at : at+end+1]
		at += end + 1
		if len(line) == 2 && line[0] == '\r' {
			h.size = at
			break
		}
		if !h.field(line) {
			return head{}, foreign
		}
	}
	if h.status == 204 || h.status == 304 {
		h.length = 0 // whatever it says (RFC 9112, section 6.3)
	}
	if h.length < 0 {
		return head{}, foreign
	}
	return h, simple
}

// statusLine reads a line such as "HTTP/1.1 204 No Content\r\n".
func (h *head) statusLine(line []byte) bool {
	const code = len(protocol)
	if len(line) < code+len("204\r\n") || string(line[:code]) != protocol || line[code] < '2' || !text(line) {
		return false
	}
	for _, c := range line[code : code+3] {
		if c < '0' || c > '9' {
			return false
		}
		h.status = h.status*10 + int(c-'0')
	}
	return line[code+3] == ' ' || line[code+3] == '\r'
}

// field reads a line such as "Content-Length: 0\r\n".
func (h *head) field(line []byte) bool {
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 || !text(line) {
		return false
	}
	for _, c := range line[:colon] {
		if !nameByte[c] {
			return false
		}
	}
	value := line[colon+1 : len(line)-2]
	switch {
	case is(line[:colon], "content-length"):
		return h.contentLength(value)
	case is(line[:colon], "connection"):
		return h.connection(value)
	case is(line[:colon], "transfer-encoding"):
		return false
	}
	return true
}

func (h *head) contentLength(value []byte) bool {
	value = bytes.TrimLeft(value, " ")
	if h.length >= 0 || len(value) == 0 || len(value) > 18 { // twice, or out of range
		return false
	}
	h.length = 0
	for _, c := range value {
		if c < '0' || c > '9' {
			return false
		}
		h.length = h.length*10 + int64(c-'0')
	}
	return true
}

func (h *head) connection(value []byte) bool {
	value = bytes.TrimLeft(value, " ")
	switch {
	case is(value, "close"):
		h.keep = false
	case !is(value, "keep-alive"):
		return false
	}
	return true
}

// text reports whether a line is ASCII that ends in CRLF.
func text(line []byte) bool {
	last := len(line) - 2
	if last < 0 || line[last] != '\r' {
		return false
	}
	for _, c := range line[:last] {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// is compares, without regard to case, with what is in lower case.
func is(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// nameByte has the bytes that we take in a field's name; HTTP has some more.
var nameByte = func() (set [256]bool) {
	for _, c := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") {
		set[c] = true
	}
	return set
}()
