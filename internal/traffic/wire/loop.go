package wire

import (
	"context"

	"github.com/scrapehook/scrapehook/internal/delivery"
)

// Loop performs exchanges over at most so many connections in one goroutine; the
// end of ctx cancels those that are under way. It does what [Client.Do] does, for
// less: one system call tells of many connections. Where there is no epoll, it
// returns an [errors.ErrUnsupported] and has called nothing.
//
// There are as many senders as connections, numbered from 0. next returns what
// sender i sends next, and not ok if that is nothing; the request's body must stay
// as it is until the exchange has ended, which ended is told of. leave is told of
// a sender that leaves the loop: rest is nil if nothing was next; otherwise its
// exchange is not one for a loop, and rest performs what is left of it, on any
// goroutine. All three are called by Loop's goroutine, so all senders wait for
// them. Loop returns when all senders have left it.
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
