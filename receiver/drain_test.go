package receiver

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scrapehook/scrapehook/receiver/cloudclient"
	"github.com/scrapehook/scrapehook/webhook"
)

// endlessStore always has one more import that is due, and counts those leased.
type endlessStore struct {
	Store
	leases, released atomic.Int64
	leasing          func() // called during Lease
}

func (s *endlessStore) Lease(_ context.Context, owner string, _ time.Duration) (Lease, bool, error) {
	s.leasing()
	return Lease{JobID: s.leases.Add(1), Owner: owner}, true, nil
}

func (s *endlessStore) Release(context.Context, Lease) error { s.released.Add(1); return nil }

func (s *endlessStore) Done(context.Context, Lease, Outcome) error { return nil }

// failedCloud has failed jobs only, which take one call to be done with.
type failedCloud struct {
	Cloud
	asked func()
}

func (c failedCloud) Job(_ context.Context, id int64) (cloudclient.Job, error) {
	c.asked()
	return cloudclient.Job{ID: id, Status: webhook.Failed}, nil
}

func drainable(store Store, cloud Cloud) *Receiver {
	cfg := Config{Store: store, Cloud: cloud, Workers: 4, Lease: time.Minute, Log: slog.New(slog.DiscardHandler)}
	return &Receiver{importer: newImporter(cfg, newMeasures())}
}

// TestDrainBeginsNothing drains a receiver that always has more to do, at
// different moments. No import begins after Drain has returned.
func TestDrainBeginsNothing(t *testing.T) {
	t.Parallel()
	for round := range 200 {
		var drained atomic.Bool
		var late atomic.Int64
		r := drainable(&endlessStore{leasing: func() {
			if drained.Load() {
				late.Add(1)
			}
		}}, failedCloud{asked: func() {}})
		var running sync.WaitGroup
		ctx, cancel := context.WithCancel(t.Context())
		running.Go(func() { r.importer.run(ctx) })
		time.Sleep(time.Duration(round) * time.Microsecond) // the moment, not a wait for something
		r.Drain()
		drained.Store(true)
		running.Wait() // it ends by itself
		cancel()
		// Who asks for an import at this very moment has begun before.
		if n := late.Load(); n > 1 {
			t.Fatalf("round %d: %d imports were asked for after Drain", round, n)
		}
	}
}

// TestDrainDuringALease has Drain come while the store is asked for an import:
// what it then gives is handed back.
func TestDrainDuringALease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked, answer := make(chan struct{}), make(chan struct{})
		store := &endlessStore{leasing: sync.OnceFunc(func() { close(asked); <-answer })}
		r := drainable(store, failedCloud{asked: func() { t.Error("an import began after Drain") }})
		var running sync.WaitGroup
		running.Go(func() { r.importer.run(t.Context()) })
		<-asked
		r.Drain()
		close(answer)
		running.Wait()
		if leased, released := store.leases.Load(), store.released.Load(); leased != 1 || released != 1 {
			t.Errorf("%d were leased and %d handed back, want 1 and 1", leased, released)
		}
	})
}
