package receiver

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

// arrivals is an upkeep with so many old arrivals.
type arrivals struct {
	Upkeep
	old   int
	fails int
	calls []time.Time
}

func (a *arrivals) Prune(_ context.Context, before time.Time, limit int) (int, error) {
	a.calls = append(a.calls, before)
	if len(a.calls) <= a.fails {
		return 0, errors.New("locked")
	}
	n := min(limit, a.old)
	a.old -= n
	return n, nil
}

func TestPrunerForgetsInSmallSteps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &arrivals{old: 2*pruneBatch + 1, fails: 1}
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 3*pruneEvery)
		defer cancel()
		(&pruner{store: store, retain: time.Hour, log: slog.New(slog.DiscardHandler)}).run(ctx)
		wants := []time.Duration{0, pruneEvery, pruneEvery + prunePause, pruneEvery + 2*prunePause, 2*pruneEvery + 2*prunePause}
		if len(store.calls) != len(wants) || store.old != 0 {
			t.Fatalf("%d calls, %d left", len(store.calls), store.old)
		}
		for i, want := range wants {
			if got := store.calls[i].Add(time.Hour).Sub(begun); got != want {
				t.Errorf("call %d after %v, want %v", i, got, want)
			}
		}
	})
}
