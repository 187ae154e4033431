package receiver

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestSlowStoreIsAnsweredInTime has a store that hangs for as long as its own
// bound, and more notifications than fit one commit: each sender is told in time
// that its notification was not kept, and none waits for the commits before it.
func TestSlowStoreIsAnsweredInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const bound, batch, senders = 4 * time.Second, 2, 20
		var healthy atomic.Bool
		var commits atomic.Int64
		b := newInbox(func(context.Context, []Arrival) error {
			commits.Add(1)
			if healthy.Load() {
				return nil
			}
			time.Sleep(bound)
			return errors.New("the server is silent")
		}, 100, batch, func() {}, newMeasures())
		var running, sending sync.WaitGroup
		running.Go(b.run)
		begun := time.Now()
		for range senders {
			sending.Go(func() {
				if err := b.put(t.Context(), Arrival{}); err == nil {
					t.Error("acknowledged")
				}
				if took := time.Since(begun); took > answerTimeout {
					t.Errorf("answered after %v", took)
				}
			})
		}
		sending.Wait()
		time.Sleep(bound)
		healthy.Store(true)
		before := commits.Load()
		if err := b.put(t.Context(), Arrival{}); err != nil {
			t.Error(err)
		}
		if n := commits.Load() - before; n != 1 {
			t.Errorf("%d commits, want 1: the others' senders had been answered", n)
		}
		b.stop()
		running.Wait()
	})
}
