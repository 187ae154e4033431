package receiver

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scrapehook/scrapehook/receiver/cloudclient"
	"github.com/scrapehook/scrapehook/webhook"
)

// Slow imports leave their slots to quick ones, up to a bound.
func TestSlowImportsMoveAside(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, moved := newSlots(2), new(atomic.Int64)
		begin := func() *slot {
			s.quick <- struct{}{} // a test that hangs here has found no room
			return s.occupy(func() { moved.Add(1) })
		}
		expect := func(quick, slow int) {
			t.Helper()
			synctest.Wait()
			if len(s.quick) != quick || len(s.slow) != slow || moved.Load() < int64(slow) {
				t.Errorf("%d quick, %d slow and %d moved, want %d and %d", len(s.quick), len(s.slow), moved.Load(), quick, slow)
			}
		}
		first, second := begin(), begin()
		time.Sleep(slowAfter)
		expect(0, 2)
		third, fourth := begin(), begin()
		time.Sleep(slowAfter)
		expect(2, 2) // there is no more room aside
		first.release()
		expect(2, 1)
		time.Sleep(slowAfter)
		expect(1, 2)
		for _, each := range []*slot{second, third, fourth} {
			each.release()
		}
		time.Sleep(2 * slowAfter)
		expect(0, 0)
		if n := moved.Load(); n != 3 {
			t.Errorf("%d moved, want 3", n)
		}
	})
}

// fewJobs is a store with a number of imports, all due.
type fewJobs struct {
	endlessStore
	jobs int64
	done chan int64
}

func (s *fewJobs) Lease(_ context.Context, owner string, _ time.Duration) (Lease, bool, error) {
	id := s.leases.Add(1)
	return Lease{JobID: id, Owner: owner}, id <= s.jobs, nil
}

func (s *fewJobs) NextDue(context.Context) (time.Duration, bool, error) { return 0, false, nil }

func (s *fewJobs) Renew(_ context.Context, l Lease, _ time.Duration) (Lease, error) { return l, nil }

func (s *fewJobs) Done(_ context.Context, l Lease, _ Outcome) error { s.done <- l.JobID; return nil }

// stuckCloud takes for ever for the first jobs, and no time for the others.
type stuckCloud struct {
	Cloud
	stuck int64
}

func (c stuckCloud) Job(ctx context.Context, id int64) (cloudclient.Job, error) {
	if id <= c.stuck {
		<-ctx.Done()
		return cloudclient.Job{}, ctx.Err()
	}
	return cloudclient.Job{ID: id, Status: webhook.Failed}, nil
}

// As many slow imports as there are workers don't hold up the next ones.
func TestSlowImportsDontHoldUpQuickOnes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &fewJobs{jobs: 50, done: make(chan int64, 50)}
		r := drainable(store, stuckCloud{stuck: 4})
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { r.importer.run(ctx) })
		time.Sleep(slowAfter + time.Second)
		synctest.Wait()
		if n := len(store.done); n != 46 {
			t.Errorf("%d imports are done after %v, want 46", n, slowAfter+time.Second)
		}
		cancel()
		running.Wait()
	})
}
