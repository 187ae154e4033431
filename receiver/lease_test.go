package receiver

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scrapehook/scrapehook/receiver/cloudclient"
	"github.com/scrapehook/scrapehook/webhook"
)

// renewals is a store that does nothing but renew, until it has lost the lease.
type renewals struct {
	Store
	times  []time.Time
	loseAt int // the renewal that finds it lost; 0 is never
	fail   int // so many of the first fail otherwise
}

func (s *renewals) Renew(_ context.Context, l Lease, _ time.Duration) (Lease, error) {
	s.times = append(s.times, time.Now())
	switch n := len(s.times); {
	case n == s.loseAt:
		return l, ErrLeaseLost
	case n <= s.fail:
		return l, errors.New("the disk is full")
	}
	l.Generation++
	return l, nil
}

func TestLeaseIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &renewals{fail: 2}
		m := &importer{store: store, leaseTTL: 15 * time.Second}
		ctx, held := m.hold(t.Context(), Lease{JobID: 7, Generation: 1})
		time.Sleep(time.Hour + time.Second)
		if ctx.Err() != nil {
			t.Errorf("ended: %v", context.Cause(ctx))
		}
		// Only the importer's own renewal takes up a generation.
		if l := held.stop(); l.Generation != 1 {
			t.Errorf("generation %d, want 1", l.Generation)
		}
		renewed := len(store.times)
		if renewed != 720 {
			t.Errorf("%d renewals in an hour, want one in 5 s", renewed)
		}
		time.Sleep(time.Hour)
		if len(store.times) != renewed {
			t.Error("renewed after it was let go")
		}
	})
}

func TestLostLeaseEndsTheImport(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &importer{store: &renewals{loseAt: 2}, leaseTTL: 15 * time.Second}
		ctx, held := m.hold(t.Context(), Lease{JobID: 7})
		begun := time.Now()
		<-ctx.Done()
		if took := time.Since(begun); took != 10*time.Second || !errors.Is(context.Cause(ctx), ErrLeaseLost) {
			t.Errorf("ended after %v: %v", took, context.Cause(ctx))
		}
		held.stop()
	})
}

// A store that can't be reached can't say that the lease is lost. Once its time
// is over another worker may have it.
func TestUnreachableStoreEndsTheImport(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &importer{store: &renewals{fail: 1000}, leaseTTL: 15 * time.Second}
		ctx, held := m.hold(t.Context(), Lease{JobID: 7})
		begun := time.Now()
		<-ctx.Done()
		if took := time.Since(begun); took != 15*time.Second || !errors.Is(context.Cause(ctx), ErrLeaseLost) {
			t.Errorf("ended after %v: %v", took, context.Cause(ctx))
		}
		held.stop()
	})
}

// runningCloud has one job that runs.
type runningCloud struct{ Cloud }

func (runningCloud) Job(_ context.Context, id int64) (cloudclient.Job, error) {
	return cloudclient.Job{ID: id, Status: webhook.Started}, nil
}

// A job that was continued is asked about a few times, not until it ends: its
// end will notify.
func TestRunningJobIsNotPolled(t *testing.T) {
	t.Parallel()
	r := &Receiver{importer: &importer{cloud: runningCloud{}, sink: stuckSink{}, log: slog.New(slog.DiscardHandler)}}
	for failed := range maxWaits {
		if _, err := r.Import(t.Context(), 7, failed); err == nil {
			t.Errorf("given up after %d attempts", failed)
		}
	}
	if o, err := r.Import(t.Context(), 7, maxWaits); o != OutcomeUnfinished || err != nil {
		t.Errorf("outcome %q, %v", o, err)
	}
}
