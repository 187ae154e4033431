// Package storetest holds what every implementation of [receiver.Store] and of
// [receiver.Sink] must pass: those of this module, and a user's own.
package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/webhook"
)

// Store tests the stores that open makes: each empty, and closed by the test's
// clean-up.
func Store(t *testing.T, open func(*testing.T) receiver.Store) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, receiver.Store){
		"leases one by one":     leasesOneByOne,
		"counts generations":    countsGenerations,
		"waits for the retry":   waitsForTheRetry,
		"loses leases":          losesLeases,
		"leases each once":      leasesEachOnce,
		"keeps any text":        keepsAnyText,
		"takes duplicates":      takesDuplicates,
		"tells what is left":    tellsWhatIsLeft,
		"lists imports":         listsImports,
		"forgets old arrivals":  forgetsOldArrivals,
		"hastens what it knows": hastensWhatItKnows,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// Accept accepts one wanted arrival of each job.
func Accept(t *testing.T, s receiver.Store, jobs ...int64) {
	t.Helper()
	arrivals := make([]receiver.Arrival, 0, len(jobs))
	for _, id := range jobs {
		arrivals = append(arrivals, receiver.Arrival{
			Notification: webhook.Notification{JobID: id, Status: webhook.Finished, SitemapID: 1, SitemapName: "s"},
			ReceivedAt:   time.Now(), Wanted: true,
		})
	}
	if err := s.Accept(t.Context(), arrivals); err != nil {
		t.Fatal(err)
	}
}

// Lease leases what is due for an hour, and waits for it to be: times are
// rounded up.
func Lease(t *testing.T, s receiver.Store, owner string) receiver.Lease {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		l, ok, err := s.Lease(t.Context(), owner, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			return l
		}
	}
	t.Fatal("nothing is due")
	return receiver.Lease{}
}

// wantWait expects the next import to be due in about d, or none if d is < 0.
func wantWait(t *testing.T, s receiver.Store, d time.Duration) {
	t.Helper()
	wait, ok, err := s.NextDue(t.Context())
	if err != nil || ok != (d >= 0) || ok && (wait > d+time.Second || wait < d-10*time.Minute) {
		t.Errorf("the next is due in %v, %v, %v, want %v", wait, ok, err, d)
	}
}

func leasesOneByOne(t *testing.T, s receiver.Store) {
	t.Helper()
	wantWait(t, s, -1)
	Accept(t, s, 7, 8, 7)
	a, b := Lease(t, s, "a"), Lease(t, s, "b")
	if a.JobID == b.JobID {
		t.Fatalf("%+v and %+v are of one job", a, b)
	}
	if a.JobID == 8 {
		a, b = b, a
	}
	if a.Generation != 2 || b.Generation != 1 {
		t.Errorf("generations %d and %d, want 2 and 1", a.Generation, b.Generation)
	}
	if _, ok, err := s.Lease(t.Context(), "c", time.Hour); ok || err != nil {
		t.Errorf("leased a third: %v", err)
	}
	wantWait(t, s, time.Hour)
	for _, l := range []receiver.Lease{a, b} {
		if err := s.Done(t.Context(), l, receiver.OutcomeImported); err != nil {
			t.Error(err)
		}
	}
	wantWait(t, s, -1)
}

// What arrives during an import wants another, unless a renewal took it up.
func countsGenerations(t *testing.T, s receiver.Store) {
	t.Helper()
	Accept(t, s, 7)
	l := Lease(t, s, "a")
	Accept(t, s, 7)
	if err := s.Done(t.Context(), l, receiver.OutcomeImported); err != nil {
		t.Fatal(err)
	}
	l = Lease(t, s, "b")
	Accept(t, s, 7)
	l, err := s.Renew(t.Context(), l, time.Hour)
	if err != nil || l.Generation != 3 {
		t.Fatalf("renewed %+v, %v", l, err)
	}
	if err := s.Done(t.Context(), l, receiver.OutcomeUnchanged); err != nil {
		t.Fatal(err)
	}
	wantWait(t, s, -1)
}

func waitsForTheRetry(t *testing.T, s receiver.Store) {
	t.Helper()
	Accept(t, s, 7)
	if err := s.Retry(t.Context(), Lease(t, s, "a"), time.Hour, "broken"); err != nil {
		t.Fatal(err)
	}
	Accept(t, s, 7) // does not make it due before its time
	wantWait(t, s, time.Hour)
	Accept(t, s, 8)
	l := Lease(t, s, "b")
	if l.JobID != 8 {
		t.Fatalf("leased %+v", l)
	}
	if err := s.Retry(t.Context(), l, 0, "broken"); err != nil {
		t.Fatal(err)
	}
	if l = Lease(t, s, "c"); l.Attempts != 1 {
		t.Errorf("%d attempts, want 1", l.Attempts)
	}
	if err := s.Release(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	if l = Lease(t, s, "d"); l.Attempts != 1 {
		t.Errorf("%d attempts after a release, want 1", l.Attempts)
	}
}

func losesLeases(t *testing.T, s receiver.Store) {
	t.Helper()
	Accept(t, s, 7)
	ctx := t.Context()
	old, ok, err := s.Lease(ctx, "old", 0)
	for !ok && err == nil {
		old, ok, err = s.Lease(ctx, "old", 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	l := Lease(t, s, "new")
	if _, err := s.Renew(ctx, old, time.Hour); !errors.Is(err, receiver.ErrLeaseLost) {
		t.Errorf("renewed: %v", err)
	}
	if err := s.Done(ctx, old, receiver.OutcomeImported); !errors.Is(err, receiver.ErrLeaseLost) {
		t.Errorf("done: %v", err)
	}
	if err := s.Retry(ctx, old, 0, ""); !errors.Is(err, receiver.ErrLeaseLost) {
		t.Errorf("retried: %v", err)
	}
	if err := s.Release(ctx, old); err != nil {
		t.Errorf("released: %v", err)
	}
	if err := s.Done(ctx, l, receiver.OutcomeImported); err != nil {
		t.Errorf("the new owner: %v", err)
	}
}

// Workers that ask at the same moment get different imports, and all of them.
func leasesEachOnce(t *testing.T, s receiver.Store) {
	t.Helper()
	const jobs, workers = 100, 8
	ids := make([]int64, 0, jobs)
	for id := range int64(jobs) {
		ids = append(ids, id+1)
	}
	Accept(t, s, ids...)
	var mu sync.Mutex
	leased := map[int64]int{}
	var working sync.WaitGroup
	for w := range workers {
		working.Go(func() {
			for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
				l, ok, err := s.Lease(t.Context(), fmt.Sprint(w), time.Hour)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				if ok {
					leased[l.JobID]++
				}
				all := len(leased) == jobs
				mu.Unlock()
				if all {
					return
				}
			}
		})
	}
	working.Wait()
	for _, id := range ids {
		if leased[id] != 1 {
			t.Errorf("job %d was leased %d times", id, leased[id])
		}
	}
}

// One odd notification must not undo the commit of those that share its group.
func keepsAnyText(t *testing.T, s receiver.Store) {
	t.Helper()
	for i, name := range []string{"", "a\x00b", "\x00", "ü😀'\"\\", "{a,b}", "NULL", "\xff"} {
		a := receiver.Arrival{ReceivedAt: time.Now(), Wanted: true, Notification: webhook.Notification{
			JobID: 1<<62 + int64(i), Status: webhook.Status("st" + name), SitemapID: 1<<63 - 1, SitemapName: name, CustomID: name,
		}}
		if err := s.Accept(t.Context(), []receiver.Arrival{a}); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		l := Lease(t, s, "a")
		if l.JobID != a.JobID {
			t.Errorf("leased job %d, want %d", l.JobID, a.JobID)
		}
		if err := s.Retry(t.Context(), l, time.Hour, "because of "+name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// Groups that hold the same jobs in different orders don't lock each other out.
func takesDuplicates(t *testing.T, s receiver.Store) {
	t.Helper()
	var accepting sync.WaitGroup
	for g := range 8 {
		accepting.Go(func() {
			for range 5 {
				var arrivals []receiver.Arrival
				for i := range int64(40) {
					id := i%10 + 1
					if g%2 == 0 {
						id = 11 - id
					}
					arrivals = append(arrivals, receiver.Arrival{ReceivedAt: time.Now(), Wanted: true,
						Notification: webhook.Notification{JobID: id, Status: webhook.Finished, SitemapID: 1}})
				}
				if err := s.Accept(t.Context(), arrivals); err != nil {
					t.Error(err)
				}
			}
		})
	}
	accepting.Wait()
	for range 10 {
		if l := Lease(t, s, "a"); l.Generation != 8*5*4 {
			t.Errorf("job %d has generation %d, want %d", l.JobID, l.Generation, 8*5*4)
		}
	}
}
