package run

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/traffic/plan"
)

// Looper performs the exchanges of many connections on one thread. What it calls
// holds up all of them.
type Looper interface {
	// Loop performs what next returns for each of so many connections, until that
	// is nothing, and tells ended how it ended. leave is told of a connection that
	// the loop has done with: there was nothing next, or its exchange is none for a
	// loop, and rest performs what is left of it, on any goroutine. An
	// [errors.ErrUnsupported] means that nothing was asked for.
	Loop(
		ctx context.Context, connections int,
		next func(i int) (r delivery.Request, ok bool),
		ended func(i int, a delivery.Attempt),
		leave func(i int, rest func() delivery.Attempt),
	) error
}

// perLoop is how many connections a loop should have before there is another.
const perLoop = 64

// connect starts the connections: each a goroutine, or many a loop.
func (r *Runner) connect(ctx context.Context) {
	all := make([]connection, r.cfg.Connections)
	if !r.cfg.Closed || r.cfg.Looper == nil || r.cfg.Announce != nil || r.cfg.OnAttempt != nil {
		for i := range all {
			all[i] = connection{Runner: r, tally: r.tallies.Of(i)}
			r.connections.Go(func() { all[i].send(ctx) })
		}
		return
	}
	// A loop has a processor to itself when it has enough to do, and the endpoint
	// is likely to be on this machine, too.
	loops := min(max(1, runtime.GOMAXPROCS(0)/2), (len(all)+perLoop-1)/perLoop)
	i := 0
	for cs := range slices.Chunk(all, (len(all)+loops-1)/loops) {
		for k := range cs {
			cs[k] = connection{Runner: r, tally: r.tallies.Of(i)}
		}
		i++
		r.connections.Go(func() { r.loop(ctx, cs) })
	}
}

// loop has the looper do the work of connections, as far as it can, and each of
// them the rest.
func (r *Runner) loop(ctx context.Context, cs []connection) {
	for i := range cs {
		cs[i].awaitStart(ctx)
	}
	err := r.cfg.Looper.Loop(ctx, len(cs),
		func(i int) (delivery.Request, bool) { return cs[i].next(ctx) },
		func(i int, a delivery.Attempt) {
			if !r.looped.Load() {
				r.looped.Store(true)
			}
			cs[i].finish(a)
			r.done()
		},
		func(i int, rest func() delivery.Attempt) {
			r.connections.Go(func() {
				if rest != nil {
					cs[i].finish(rest())
					r.done()
				}
				cs[i].send(ctx)
			})
		},
	)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		for i := range cs {
			r.connections.Go(func() { cs[i].send(ctx) })
		}
	case err != nil:
		r.fail(fmt.Errorf("sending in a loop: %w", err))
	}
}

// next is take for a loop. What it must not do stays held, and the connection
// leaves the loop.
func (c *connection) next(ctx context.Context) (r delivery.Request, ok bool) {
	if ctx.Err() != nil {
		return r, false
	}
	e, j, ok := c.take()
	if !ok {
		return r, false
	}
	if j.Special == plan.Slow {
		c.entry, c.attempt.Job, c.held = e, j, true
		return r, false
	}
	return c.begin(e, j) // there is no Announce that could refuse it
}

// transport is what the exchanges were performed with.
func (r *Runner) transport() string {
	if r.looped.Load() {
		return r.cfg.LoopTransport
	}
	return r.cfg.Transport
}
