package wire

import (
	"context"
	"net"
	"sync/atomic"
	"time"
)

// repeatedAfter is when the kernel repeats a dial to which nothing came back, give
// or take: an endpoint whose queue of connections is full drops dials.
const repeatedAfter = time.Second - 50*time.Millisecond

// dials counts the dials that have succeeded.
type dials struct{ all, repeated atomic.Int64 }

func (d *dials) counted(took time.Duration) {
	d.all.Add(1)
	if took >= repeatedAfter {
		d.repeated.Add(1)
	}
}

// Dials returns how many connections were dialled, and how many of them came
// about only when the kernel repeated the dial, as it does after a second when
// the endpoint's queue of connections is full.
func (c *Client) Dials() (all, repeated int64) {
	return c.dials.all.Load(), c.dials.repeated.Load()
}

func (c *Client) dialCounted(ctx context.Context) (net.Conn, error) {
	began := time.Now()
	conn, err := c.dialer.DialContext(ctx, "tcp", c.addr)
	if err == nil {
		c.dials.counted(time.Since(began))
	}
	return conn, err
}
