package scenarios

import (
	"context"
	"fmt"

	"golang.org/x/sync/semaphore"
)

// floor is a scenario's claim to the receiver. While a scenario only waits for
// a time of its own, it leaves the floor to others.
type floor interface {
	enter(ctx context.Context) error
	leave()
}

// sharedFloor is one of several places. Taking all of them is having the
// receiver to oneself. Places are given in the order in which they are asked
// for, so what asks for all of them is not passed by for ever.
type sharedFloor struct {
	places *semaphore.Weighted
	need   int64
}

func (f sharedFloor) enter(ctx context.Context) error {
	if err := f.places.Acquire(ctx, f.need); err != nil {
		return fmt.Errorf("waiting for other scenarios: %w", context.Cause(ctx))
	}
	return nil
}

func (f sharedFloor) leave() { f.places.Release(f.need) }

// heldFloor is for a scenario whose lane holds the receiver as a whole.
type heldFloor struct{}

func (heldFloor) enter(context.Context) error { return nil }
func (heldFloor) leave()                      {}
