package receiver

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// The reasons for which the inbox takes nothing.
var (
	// errFull says that more notifications wait to be committed than the bound.
	errFull = errors.New("the inbox is full")
	// errClosed says that the receiver has been stopped.
	errClosed = errors.New("the inbox is closed")
	// errSlow says that a notification was not committed in answerTimeout.
	errSlow = errors.New("the store did not commit in time")
)

// answerTimeout bounds the wait for a commit. The sender gives up after 10 s
// (webhooks-2020); a 503 before that tells it more than silence.
const answerTimeout = 6 * time.Second

// inbox commits arrivals in groups: the requests that wait at the same moment
// share one transaction, and so one sync of the disk.
type inbox struct {
	accept   func(context.Context, []Arrival) error
	batch    int    // the most notifications in one transaction
	wanted   func() // called after a commit that wants imports
	measures *measures
	pressed  atomic.Int64 // when a large group was last committed, in unix nanoseconds

	// mu guards stopped, and waiting against a send after its close: put holds it
	// shared, stop alone.
	mu      sync.RWMutex
	stopped bool
	waiting chan arrival
}

// arrival is an [Arrival] and the request that waits for its commit. result
// has room for one, so that the committer never waits for a request.
type arrival struct {
	Arrival
	enqueued time.Time
	result   chan error
}

func newInbox(accept func(context.Context, []Arrival) error, queue, batch int, wanted func(), m *measures) *inbox {
	return &inbox{accept: accept, batch: batch, wanted: wanted, measures: m, waiting: make(chan arrival, queue)}
}

// put returns nil once a is on stable storage. After errFull and errClosed it is
// not there; after errSlow and an error of ctx its commit may still be under way.
func (b *inbox) put(ctx context.Context, a Arrival) error {
	result := make(chan error, 1)
	if err := b.enqueue(arrival{a, time.Now(), result}); err != nil {
		return err
	}
	timeout := time.NewTimer(answerTimeout)
	defer timeout.Stop()
	select {
	case err := <-result:
		return err
	case <-timeout.C:
		return errSlow
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (b *inbox) enqueue(a arrival) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.stopped {
		return errClosed
	}
	select {
	case b.waiting <- a:
		return nil
	default:
		return errFull
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
		group = withoutLate(b.gather(append(group[:0], first)))
		if len(group) == 0 {
			continue
		}
		err := b.commit(group)
		for _, a := range group {
			a.result <- err
		}
		clear(group) // drops the names, which may be long
	}
}

// withoutLate drops the arrivals whose senders have been answered 503 already.
// After an outage they would only hold up those that still wait.
func withoutLate(group []arrival) []arrival {
	return slices.DeleteFunc(group, func(a arrival) bool { return time.Since(a.enqueued) >= answerTimeout })
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

// largeGroup is the size of a commit that shows that the processor is short.
const largeGroup = 32

// isPressed reports whether there was a large group just now.
func (b *inbox) isPressed() bool {
	return time.Now().UnixNano()-b.pressed.Load() < int64(pressure)
}

// commit commits a group. It uses no request's context: a sender that hangs up
// must not undo the commit of the others.
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
