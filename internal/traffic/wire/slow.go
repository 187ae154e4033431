package wire

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// SlowTransport makes t write its requests in pieces with pause between them,
// so that a request takes that long however small it is: how a sender on a bad
// line looks to the endpoint. t must not be in use yet; it is changed.
func SlowTransport(t *http.Transport, pieces int, pause time.Duration) *http.Transport {
	slow := func(dial dialFunc) dialFunc {
		if dial == nil {
			return nil
		}
		return func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := dial(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &slowConn{Conn: c, pieces: pieces, pause: pause, closed: make(chan struct{})}, nil
		}
	}
	t.DialContext, t.DialTLSContext = slow(t.DialContext), slow(t.DialTLSContext)
	return t
}

type dialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

type slowConn struct {
	net.Conn
	pieces int
	pause  time.Duration
	once   sync.Once
	closed chan struct{}
}

func (c *slowConn) Write(p []byte) (n int, err error) {
	size := max(1, (len(p)+c.pieces-1)/c.pieces)
	for n < len(p) {
		if n > 0 {
			select {
			case <-time.After(c.pause):
			case <-c.closed:
				return n, net.ErrClosed
			}
		}
		wrote, err := c.Conn.Write(p[n:min(n+size, len(p))])
		n += wrote
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

// Close also ends a Write that pauses.
func (c *slowConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}
