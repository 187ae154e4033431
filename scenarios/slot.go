package scenarios

import (
	"context"
	"fmt"

	"golang.org/x/sync/semaphore"
)

// slot is a scenario's claim to the receiver. While a scenario only waits for
// a time of its own, it gives its slot to others.
type slot interface {
	acquire(ctx context.Context) error
	release()
}

// sharedSlot is one of several, or all of them, which is having the receiver to
// oneself. Slots are given in the order in which they are asked for, so what asks
// for all of them is not passed by for ever.
type sharedSlot struct {
	slots *semaphore.Weighted
	need  int64
}

func (s sharedSlot) acquire(ctx context.Context) error {
	if err := s.slots.Acquire(ctx, s.need); err != nil {
		return fmt.Errorf("waiting for other scenarios: %w", context.Cause(ctx))
	}
	return nil
}

func (s sharedSlot) release() { s.slots.Release(s.need) }

// phaseSlot is for a scenario whose phase has the receiver as a whole.
type phaseSlot struct{}

func (phaseSlot) acquire(context.Context) error { return nil }
func (phaseSlot) release()                      {}
