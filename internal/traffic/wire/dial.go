package wire

import (
	"context"
	"errors"
	"time"

	"github.com/scrapehook/scrapehook/internal/oserr"
)

// dialLocked begins dials for the sends that wait, within bounds.
func (c *Client) dialLocked() {
	if c.closed {
		return
	}
	now := time.Now()
	for n := c.pacing.allowed(now, len(c.waiting), c.most-c.open); n > 0; n-- {
		c.open++
		d := c.pacing.begin(now)
		later := time.AfterFunc(lateDial, c.dialMore)
		c.dialing.Go(func() {
			defer later.Stop()
			c.dial(d)
		})
	}
	if wait := c.pacing.until.Sub(now); len(c.waiting) > 0 && wait > 0 && !c.pacing.planned {
		c.pacing.planned = true
		time.AfterFunc(wait, c.dialMore)
	}
}

// dialMore looks again whether there may be more dials.
func (c *Client) dialMore() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pacing.planned = false
	c.dialLocked()
}

// dial performs a dial, and gives what came of it to the send that has waited
// longest.
func (c *Client) dial(began *dialBegun) {
	timed, cancel := context.WithTimeout(c.ctx, c.profile.Timeout)
	defer cancel()
	tcp, err := c.dialTCP(timed)
	if err != nil && c.ctx.Err() == nil && timed.Err() != nil {
		err = errExpired
	}
	var cn *conn
	if err == nil {
		if cn, err = newConn(tcp); err != nil {
			_ = tcp.Close()
		}
	}
	c.mu.Lock()
	took := c.pacing.end(began)
	if err == nil {
		c.pacing.succeeded(took)
		c.dials.counted(took)
		c.mu.Unlock()
		c.put(cn, time.Now())
		return
	}
	defer c.mu.Unlock()
	c.open--
	switch {
	case oserr.IsLocal(err):
		c.pacing.limited(err, c.open, time.Now())
	case len(c.waiting) > 0 && !errors.Is(err, errExpired): // who waits sees its own deadline
		c.nextLocked() <- served{err: err}
	}
	c.dialLocked()
}
