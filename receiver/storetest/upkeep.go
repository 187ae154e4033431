package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/webhook"
)

// upkeep returns the store's upkeep; a store may have none.
func upkeep(t *testing.T, s receiver.Store) receiver.Upkeep {
	t.Helper()
	u, ok := s.(receiver.Upkeep)
	if !ok {
		t.Fatal("the store has no upkeep")
	}
	return u
}

// leavesSome leaves job 5 done, 6 failing, 7 leased and 8 wanted.
func leavesSome(t *testing.T, s receiver.Store) {
	t.Helper()
	ctx := t.Context()
	Accept(t, s, 5)
	if err := s.Done(ctx, Lease(t, s, "a"), receiver.OutcomeImported); err != nil {
		t.Fatal(err)
	}
	Accept(t, s, 6)
	if err := s.Retry(ctx, Lease(t, s, "a"), time.Hour, "broken"); err != nil {
		t.Fatal(err)
	}
	Accept(t, s, 7)
	Lease(t, s, "a")
	Accept(t, s, 8)
}

func tellsWhatIsLeft(t *testing.T, s receiver.Store) {
	t.Helper()
	u, ctx := upkeep(t, s), t.Context()
	if l, err := u.Backlog(ctx); err != nil || l != (receiver.Backlog{}) {
		t.Errorf("an empty store has %+v, %v", l, err)
	}
	leavesSome(t, s)
	l, err := u.Backlog(ctx)
	if err != nil || l.Wanted != 3 || l.Leased != 1 || l.Failing != 1 || l.Lag < 0 || l.Lag > time.Hour {
		t.Errorf("backlog %+v, %v", l, err)
	}
}

func listsImports(t *testing.T, s receiver.Store) {
	t.Helper()
	u, ctx := upkeep(t, s), t.Context()
	leavesSome(t, s)
	for _, tc := range []struct {
		all   bool
		limit int
		want  []int64 // the jobs, in order
	}{{false, 10, []int64{6, 7, 8}}, {true, 10, []int64{6, 7, 8, 5}}, {true, 2, []int64{6, 7}}} {
		list, err := u.Imports(ctx, tc.all, tc.limit)
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, i := range list {
			got = append(got, i.JobID)
			if since := time.Since(i.WantedSince); i.Wanted && (since < -time.Minute || since > time.Hour) {
				t.Errorf("job %d has been wanted for %v", i.JobID, since)
			}
		}
		if !slices.Equal(got, tc.want) {
			t.Errorf("jobs %v, want %v", got, tc.want)
		}
	}
	list, err := u.Imports(ctx, true, 4)
	if err != nil {
		t.Fatal(err)
	}
	if i := list[0]; i.Attempts != 1 || i.LastError != "broken" || i.Leased || time.Until(i.Next) < 50*time.Minute {
		t.Errorf("the failing one: %+v", i)
	}
	if i := list[1]; !i.Leased || !i.Wanted {
		t.Errorf("the leased one: %+v", i)
	}
	if i := list[3]; i.Wanted || i.Outcome != receiver.OutcomeImported {
		t.Errorf("the one that is done: %+v", i)
	}
}

func hastensWhatItKnows(t *testing.T, s receiver.Store) {
	t.Helper()
	u, ctx := upkeep(t, s), t.Context()
	hasten := func(want bool) {
		t.Helper()
		if ok, err := u.Hasten(ctx, 7); ok != want || err != nil {
			t.Errorf("hastened: %v, %v", ok, err)
		}
	}
	hasten(false) // nothing is known of it
	Accept(t, s, 7)
	if err := s.Retry(ctx, Lease(t, s, "a"), time.Hour, "broken"); err != nil {
		t.Fatal(err)
	}
	hasten(true)
	l := Lease(t, s, "b")
	hasten(false) // it is being worked on
	if err := s.Done(ctx, l, receiver.OutcomeMissing); err != nil {
		t.Fatal(err)
	}
	wantWait(t, s, -1)
	hasten(true)
	if l := Lease(t, s, "c"); l.JobID != 7 || l.Generation != 2 {
		t.Errorf("leased %+v", l)
	}
}

func forgetsOldArrivals(t *testing.T, s receiver.Store) {
	t.Helper()
	u, ctx := upkeep(t, s), t.Context()
	now := time.Now()
	for i, age := range []time.Duration{3 * time.Hour, 2 * time.Hour, time.Minute} {
		a := receiver.Arrival{ReceivedAt: now.Add(-age), Wanted: true,
			Notification: webhook.Notification{JobID: int64(i + 1), Status: webhook.Finished, SitemapID: 1}}
		if err := s.Accept(ctx, []receiver.Arrival{a}); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []int{1, 1, 0} {
		if n, err := u.Prune(ctx, now.Add(-time.Hour), 1); n != want || err != nil {
			t.Errorf("forgot %d, %v, want %d", n, err, want)
		}
	}
	if l, err := u.Backlog(ctx); l.Wanted != 3 || err != nil {
		t.Errorf("%d imports are wanted, want all 3: %v", l.Wanted, err)
	}
}
