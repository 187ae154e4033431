package api

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
)

// Listen has net/http's own refusals sent as the API's errors are. A request
// that is malformed never reaches a handler: net/http answers it with text, which
// would end a Node process that uses the official SDK (contract, section 2).
func Listen(l net.Listener) net.Listener { return &listener{l} }

type listener struct{ net.Listener }

// Accept is for [net.Listener].
func (l *listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &refusing{conn}, nil
}

// refusing is a connection that rewrites refusals. net/http writes each with a
// single call, and nothing that a handler of this API writes looks like one.
type refusing struct{ net.Conn }

// What net/http's refusals have between their status and their text, and how the
// one begins that has no text.
var (
	refusalHead = []byte("\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n")
	expectation = []byte("HTTP/1.1 417 Expectation Failed\r\n")
)

// Write is for [net.Conn].
func (c *refusing) Write(p []byte) (int, error) {
	var status, text string
	if line, body, ok := bytes.Cut(p, refusalHead); ok && bytes.HasPrefix(line, []byte("HTTP/1.")) && !bytes.ContainsAny(line, "\r\n") {
		status, text = string(line), string(body)
	} else if bytes.HasPrefix(p, expectation) {
		status, text = strings.TrimSpace(string(expectation)), "Expectation Failed"
	} else {
		return c.Conn.Write(p)
	}
	if _, err := c.Conn.Write(refusal(status, text)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// refusal is a whole answer. text may begin with the status's number.
func refusal(status, text string) []byte {
	if code := status[len("HTTP/1.1 "):][:3]; strings.HasPrefix(text, code) {
		text = strings.TrimSpace(text[len(code):])
	}
	body, err := json.Marshal(failure{Error: text})
	if err != nil {
		panic("api: encoding a refusal: " + err.Error()) // a text can always be encoded
	}
	return fmt.Appendf(nil, "%s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", status, len(body), body)
}

// Read is for [net.Conn]. Where https is served, a request of plain http is told
// so.
func (c *refusing) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	var wrong tls.RecordHeaderError
	if errors.As(err, &wrong) && wrong.Conn != nil && plainHTTP(wrong.RecordHeader) {
		_, _ = wrong.Conn.Write(refusal("HTTP/1.1 400 Bad Request", "Bad Request: this is https, and the request is http")) // the error says enough
	}
	return n, err
}

// plainHTTP reports whether a connection begins like a request of http.
func plainHTTP(begin [5]byte) bool {
	for _, method := range []string{"GET /", "HEAD ", "POST ", "PUT /", "DELET", "OPTIO", "PATCH"} {
		if string(begin[:]) == method {
			return true
		}
	}
	return false
}

// NetConn is the connection below, without TLS. A fault resets that.
func (c *refusing) NetConn() net.Conn {
	if secure, ok := c.Conn.(interface{ NetConn() net.Conn }); ok {
		return secure.NetConn()
	}
	return c.Conn
}

// CloseWrite says that nothing more is written. net/http calls it after a
// refusal, so that the client reads it before the connection is gone.
func (c *refusing) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
