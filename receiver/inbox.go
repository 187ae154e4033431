package receiver

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// The reasons for which the inbox takes nothing.
var (
	// ErrFull says that more notifications wait to be committed than the bound.
	ErrFull = errors.New("the inbox is full")
	// ErrClosed says that the receiver has been stopped.
	ErrClosed = errors.New("the inbox is closed")
)

// inbox commits arrivals in groups: the requests that wait at the same moment
// share one transaction, and so one sync of the disk.
type inbox struct {
	accept   func(context.Context, []Arrival) error
	batch    int    // bound of one transaction
	wanted   func() // called after a commit that wants imports
	measures *measures
	pressed  atomic.Int64 // when a large group was last committed, in unix nanoseconds

	// mu lets many put at once and stopping exclude them all. It guards stopped,
	// and that nothing is sent on waiting once that is closed.
	mu      sync.RWMutex
	stopped bool
	waiting chan arrival
}

// arrival is an [Arrival] and the request that waits for its commit. result
// has room for one, so that the committer never waits for a request.
type arrival struct {
	Arrival
	result chan error
}

func newInbox(accept func(context.Context, []Arrival) error, queue, batch int, wanted func(), m *measures) *inbox {
	return &inbox{accept: accept, batch: batch, wanted: wanted, measures: m, waiting: make(chan arrival, queue)}
}

// put returns nil once a is on stable storage. An error says that it may not
// be: [ErrFull] and [ErrClosed] that it is not, and ctx's that nobody waits for
// it any more; it is then committed all the same.
func (b *inbox) put(ctx context.Context, a Arrival) error {
	result := make(chan error, 1)
	if err := b.enqueue(arrival{a, result}); err != nil {
		return err
	}
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (b *inbox) enqueue(a arrival) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.stopped {
		return ErrClosed
	}
	select {
	case b.waiting <- a:
		return nil
	default:
		return ErrFull
	}
}

// stop closes the inbox: nothing new is taken, and run returns when what was
// taken is committed. Twice is safe.
func (b *inbox) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.stopped {
		b.stopped = true
		close(b.waiting)
	}
}

func (b *inbox) isStopped() bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.stopped
}

// run commits until stop was called and the queue is empty.
func (b *inbox) run() {
	group := make([]arrival, 0, b.batch)
	for first := range b.waiting {
		group = b.gather(append(group[:0], first))
		err := b.commit(group)
		for _, a := range group {
			a.result <- err
		}
		clear(group) // drops the names, which may be long
	}
}

// yields is how often the processor is offered to the requests before a group
// is closed. On one core, committing at once leaves groups of a few: the
// committer wakes at the first arrival, and the other requests, though ready,
// do not run before it syncs.
const yields = 3

// gather adds to group what waits, up to the bound.
func (b *inbox) gather(group []arrival) []arrival {
	for yielded := 0; len(group) < b.batch; {
		select {
		case a, ok := <-b.waiting:
			if !ok {
				return group
			}
			group = append(group, a)
		default:
			if yielded == yields {
				return group
			}
			yielded++
			runtime.Gosched()
		}
	}
	return group
}

// largeGroup is how many notifications in one commit say that more arrive than
// the processor has the time for.
const largeGroup = 32

// isPressed reports whether notifications have arrived in large groups just now.
func (b *inbox) isPressed() bool {
	return time.Now().UnixNano()-b.pressed.Load() < int64(pressure)
}

// commit takes no request's context: a sender that hangs up must not undo the
// commit of the others, nor half of its own.
func (b *inbox) commit(group []arrival) error {
	arrivals, wanted := make([]Arrival, len(group)), false
	for i, a := range group {
		arrivals[i] = a.Arrival
		wanted = wanted || a.Wanted
	}
	begun := time.Now()
	if err := b.accept(context.Background(), arrivals); err != nil {
		return fmt.Errorf("committing %d notifications: %w", len(group), err)
	}
	b.measures.committed(len(group), time.Since(begun))
	if len(group) >= largeGroup {
		b.pressed.Store(time.Now().UnixNano())
	}
	if wanted {
		b.wanted()
	}
	return nil
}
