package fault

import (
	"bytes"
	"fmt"
	"net"
	"sync"
	"time"
)

// cutError is what a write gets from a connection of [Cut].
type cutError struct{ after int }

func (e *cutError) Error() string {
	return fmt.Sprintf("cut on purpose after %d bytes of the body", e.after)
}
func (e *cutError) Unwrap() error { return net.ErrClosed }

// Pace says how a connection is written to. Its zero value is as always.
type Pace struct {
	// Count is how many pieces each write is sent in, or Size how many bytes a
	// piece has at most; each is a packet of its own.
	Count, Size int
	Pause       time.Duration // between two pieces
	// BodyOnly leaves the request's head whole.
	BodyOnly bool
}

// Conn returns c, written to at that pace.
func (p Pace) Conn(c net.Conn) net.Conn {
	return &paced{Conn: c, pace: p, body: !p.BodyOnly, closed: make(chan struct{})}
}

type paced struct {
	net.Conn
	pace   Pace
	body   bool // what is written is to be paced by now
	begun  bool
	once   sync.Once
	closed chan struct{}
}

func (c *paced) Write(p []byte) (n int, err error) {
	if !c.body {
		n, c.body = headEnd(p)
		if n, err = c.Conn.Write(p[:n]); err != nil || n == len(p) {
			return n, err
		}
	}
	size := c.pace.Size
	if c.pace.Count > 0 {
		size = (len(p) - n + c.pace.Count - 1) / c.pace.Count
	}
	for size = max(1, size); n < len(p); {
		if c.begun {
			if err := c.wait(); err != nil {
				return n, err
			}
		}
		c.begun = true
		wrote, err := c.Conn.Write(p[n:min(n+size, len(p))])
		n += wrote
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

func (c *paced) wait() error {
	timer := time.NewTimer(c.pace.Pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-c.closed:
		return net.ErrClosed
	}
}

// Close also ends a Write that pauses.
func (c *paced) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// headEnd is where a request's head ends in p, and whether it does.
func headEnd(p []byte) (int, bool) {
	const end = "\r\n\r\n"
	if at := bytes.Index(p, []byte(end)); at >= 0 {
		return at + len(end), true
	}
	return len(p), false
}

// Cut returns c, whose connection is reset when after bytes of the request's body
// were written. A negative number is half of what is written of it at once.
func Cut(c net.Conn, after int) net.Conn { return &cutConn{Conn: c, after: after} }

type cutConn struct {
	net.Conn
	after, passed int
	body          bool
}

func (c *cutConn) Write(p []byte) (n int, err error) {
	if !c.body {
		if n, c.body = headEnd(p); n == len(p) {
			return c.Conn.Write(p)
		}
	}
	if c.after < 0 {
		c.after = (len(p) - n) / 2
	}
	end := min(len(p), n+c.after-c.passed)
	c.passed += end - n
	if n, err = c.Conn.Write(p[:end]); err != nil || c.passed < c.after {
		return n, err
	}
	resetConn(c.Conn)
	return n, &cutError{c.passed}
}

// resetConn ends a connection by RST instead of FIN, and without TLS's parting
// words.
func resetConn(conn net.Conn) {
	if secure, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = secure.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
