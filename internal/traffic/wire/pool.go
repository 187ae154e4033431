package wire

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"syscall"
	"time"
)

// pool has the connections of a client, and the sends that wait for one. A send
// that waits takes whichever comes first: a connection that is free again, or one
// that was dialled, for it or for another.
type pool struct {
	mu      sync.Mutex
	idle    []*conn // the one that was used last is the last one
	waiting []*waiter
	pacing  pacing
	open    int // connections, those that are dialled included
	most    int
	closed  bool
	// watching: somebody will look after idle connections.
	watching bool
	dialing  sync.WaitGroup
	cancel   context.CancelFunc // ends the dials
	ctx      context.Context    //nolint:containedctx // of the dials, which no single send owns
}

// waiter is a send that waits for a connection.
type waiter struct{ served chan served }

// served is what a send was given: a connection, or why there is none.
type served struct {
	cn  *conn
	err error
}

// connection returns one that is open: an idle one, or the first that comes.
func (c *Client) connection(ctx context.Context, x *exchange) (*conn, error) {
	for {
		cn, err := c.await(ctx, x)
		if err != nil {
			return nil, err
		}
		if cn.endsWith(ctx) {
			x.connected = true
			return cn, nil
		}
		c.drop(cn)
	}
}

func (c *Client) await(ctx context.Context, x *exchange) (*conn, error) {
	w := &waiter{make(chan served, 1)}
	c.mu.Lock()
	cn, old := c.takeLocked(x.started)
	if cn == nil {
		c.waiting = append(c.waiting, w)
		c.dialLocked()
	}
	c.mu.Unlock()
	for _, cn := range old {
		cn.close()
	}
	if cn != nil {
		return cn, nil
	}
	timer := time.NewTimer(time.Until(x.deadline))
	defer timer.Stop()
	select {
	case s := <-w.served:
		return s.cn, s.err
	case <-ctx.Done():
		return nil, c.abandon(w, ctx.Err())
	case <-timer.C:
		return nil, c.abandon(w, errExpired)
	}
}

// abandon ends a wait because of err. What the waiter was given meanwhile is for
// another one.
func (c *Client) abandon(w *waiter, err error) error {
	c.mu.Lock()
	c.waiting = slices.DeleteFunc(c.waiting, func(other *waiter) bool { return other == w })
	local := c.pacing.limitedAlone(c.open, time.Now())
	c.mu.Unlock()
	select {
	case s := <-w.served:
		if s.cn != nil {
			c.put(s.cn, time.Now())
		}
	default:
	}
	if local != nil && errors.Is(err, errExpired) {
		return local // it is not the endpoint's fault
	}
	return err
}

// takeLocked takes the connection that was used last, or nil. Those that were idle
// for too long are to be closed: before the endpoint can close them under a
// request.
func (c *Client) takeLocked(now time.Time) (cn *conn, old []*conn) {
	old = c.expiredLocked(now)
	last := len(c.idle) - 1
	if last < 0 {
		return nil, old
	}
	cn = c.idle[last]
	c.idle[last] = nil
	c.idle = c.idle[:last]
	return cn, old
}

// put gives a connection to the send that has waited longest, or keeps it.
func (c *Client) put(cn *conn, now time.Time) {
	cn.since = now
	c.mu.Lock()
	var old []*conn
	switch {
	case c.closed:
		c.open--
		old = append(old, cn)
	case len(c.waiting) > 0:
		c.nextLocked() <- served{cn: cn}
	default:
		c.idle = append(c.idle, cn)
		old = c.expiredLocked(now)
		c.watchIdleLocked(now)
	}
	c.mu.Unlock()
	for _, cn := range old {
		cn.close()
	}
}

// watchIdleLocked has idle connections closed in time even when nothing else
// happens: an endpoint that serves one connection after the other may wait for
// the end of this one.
func (c *Client) watchIdleLocked(now time.Time) {
	if c.watching || c.closed || len(c.idle) == 0 {
		return
	}
	c.watching = true
	first := c.idle[0]
	time.AfterFunc(first.since.Add(c.patience(first)).Sub(now)+time.Millisecond, func() {
		now := time.Now()
		c.mu.Lock()
		c.watching = false
		old := c.expiredLocked(now)
		c.watchIdleLocked(now)
		c.mu.Unlock()
		for _, cn := range old {
			cn.close()
		}
	})
}

// patience is how long a connection may be idle. One that came too late to bear
// anything is not needed.
func (c *Client) patience(cn *conn) time.Duration {
	if !cn.used {
		return min(unneeded, c.idleFor)
	}
	return c.idleFor
}

// unneeded is how long a connection is kept that was dialled and not needed.
const unneeded = 50 * time.Millisecond

// nextLocked takes the send that has waited longest.
func (c *Client) nextLocked() chan<- served {
	w := c.waiting[0]
	c.waiting = c.waiting[1:]
	return w.served
}

// drop closes a connection that can bear no more exchanges.
func (c *Client) drop(cn *conn) {
	cn.close()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open--
	c.dialLocked() // there may be room for another
}

// adoptConn makes a connection that was dialled elsewhere one of the client's.
func (c *Client) adoptConn() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open++
}

// expiredLocked takes those that were idle for too long.
func (c *Client) expiredLocked(now time.Time) []*conn {
	var old []*conn
	c.idle = slices.DeleteFunc(c.idle, func(cn *conn) bool {
		expired := now.Sub(cn.since) > c.patience(cn)
		if expired {
			old = append(old, cn)
		}
		return expired
	})
	c.open -= len(old)
	return old
}

// Close closes the connections that are idle, and from then on each one when
// its exchange is over. It waits for the dials that are under way, which end.
func (c *Client) Close() {
	c.mu.Lock()
	idle := c.idle
	c.idle, c.closed = nil, true
	c.open -= len(idle)
	c.mu.Unlock()
	for _, cn := range idle {
		cn.close()
	}
	c.cancel()
	c.dialing.Wait()
}

// rawConn returns the means to make system calls on c ourselves.
func rawConn(c net.Conn) (syscall.RawConn, error) {
	return c.(syscall.Conn).SyscallConn() //nolint:forcetypeassert // a TCP connection is one
}
