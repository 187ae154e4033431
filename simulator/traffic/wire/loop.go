package wire

import (
	"context"

	"github.com/scrapehook/scrapehook/simulator/delivery"
)

// Loop performs exchanges over so many connections on one thread, until it has
// left all of them; the end of ctx cancels those that are under way. It does what
// [Client.Do] does, for less: one system call serves many connections. Where that
// is not to be had, it returns an [errors.ErrUnsupported] and has called nothing.
//
// next returns what connection i, from 0, sends next, and not ok if that is
// nothing; the request's body is looked at until the exchange has ended. ended is
// told how it did. leave is told of a connection that the loop has done with:
// nothing was next, and rest is nil, or its exchange is none for a loop, and rest,
// on any goroutine, performs what is left of it. All three are called on the
// loop's thread, to which the
// goroutine is bound, so all connections wait for them.
func (c *Client) Loop(
	ctx context.Context, connections int,
	next func(i int) (r delivery.Request, ok bool),
	ended func(i int, a delivery.Attempt),
	leave func(i int, rest func() delivery.Attempt),
) error {
	return c.loop(ctx, connections, work{next, ended, leave})
}

type work struct {
	next  func(i int) (r delivery.Request, ok bool)
	ended func(i int, a delivery.Attempt)
	leave func(i int, rest func() delivery.Attempt)
}
