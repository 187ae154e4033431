package wire

import (
	"context"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"
)

// connection returns one that is open, or dials.
func (c *Client) connection(ctx context.Context, x *exchange) (*conn, error) {
	for {
		cn := c.take(x.started)
		if cn == nil {
			return c.dial(ctx, x)
		}
		if cn.endsWith(ctx) {
			x.connected = true
			return cn, nil
		}
		cn.close()
	}
}

// take returns the connection that was used last, or nil.
func (c *Client) take(now time.Time) *conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	last := len(c.idle) - 1
	if last < 0 {
		return nil
	}
	cn := c.idle[last]
	if now.Sub(cn.since) > c.idleFor {
		return nil // nor is any other; the next put closes them
	}
	c.idle[last] = nil
	c.idle = c.idle[:last]
	return cn
}

// put keeps a connection, and closes those that were idle for too long: before
// the endpoint can close them under a request.
func (c *Client) put(cn *conn, now time.Time) {
	cn.since = now
	c.mu.Lock()
	var old []*conn
	if c.closed {
		old = append(old, cn)
	} else {
		c.idle = append(c.idle, cn)
		old = c.expiredLocked(now)
	}
	c.mu.Unlock()
	for _, cn := range old {
		cn.close()
	}
}

// expiredLocked takes those that were idle for too long: they are the first.
func (c *Client) expiredLocked(now time.Time) []*conn {
	n := 0
	for n < len(c.idle) && now.Sub(c.idle[n].since) > c.idleFor {
		n++
	}
	if n == 0 {
		return nil
	}
	old := slices.Clone(c.idle[:n])
	c.idle = slices.Delete(c.idle, 0, n)
	return old
}

// Close closes the connections that are idle, and from then on each one when
// its exchange is over.
func (c *Client) Close() {
	c.mu.Lock()
	idle := c.idle
	c.idle, c.closed = nil, true
	c.mu.Unlock()
	for _, cn := range idle {
		cn.close()
	}
}

func (c *Client) dial(ctx context.Context, x *exchange) (*conn, error) {
	timed, cancel := context.WithDeadline(ctx, x.deadline)
	defer cancel()
	tcp, err := c.dialCounted(timed)
	if err != nil {
		if ctx.Err() == nil && timed.Err() != nil {
			return nil, errExpired
		}
		return nil, err
	}
	x.connected = true
	cn, err := newConn(tcp)
	if err != nil {
		_ = tcp.Close()
		return nil, err
	}
	cn.endsWith(ctx)
	return cn, nil
}

// buffer holds a request, or what was read of an answer. It is there only while
// it is in use: a connection that waits for its answer has none.
type buffer struct{ b []byte }

const bufferSize = 4 << 10

// bufferPool has its put and get typed.
type bufferPool struct{ pool sync.Pool }

var buffers = bufferPool{sync.Pool{New: func() any { return &buffer{make([]byte, 0, bufferSize)} }}}

func (p *bufferPool) get() *buffer { return p.pool.Get().(*buffer) } //nolint:forcetypeassert // nothing else is put

func (p *bufferPool) put(b *buffer) {
	if cap(b.b) <= 16*bufferSize { // an enormous form's is not worth keeping
		p.pool.Put(b)
	}
}

// rawConn returns the means to make system calls on c ourselves.
func rawConn(c net.Conn) (syscall.RawConn, error) {
	return c.(syscall.Conn).SyscallConn() //nolint:forcetypeassert // a TCP connection is one
}
