package state_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/simulator/clock"
	"github.com/scrapehook/scrapehook/simulator/cloud"
	"github.com/scrapehook/scrapehook/simulator/delivery"
	"github.com/scrapehook/scrapehook/simulator/state"
	"github.com/scrapehook/scrapehook/webhook"
)

var began = time.Unix(1_580_256_000, 0)

func open(t *testing.T, path string) *state.File {
	t.Helper()
	f, err := state.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() }) // often a second time
	return f
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func pending(number uint64, attempt int) delivery.Pending {
	return delivery.Pending{
		Delivery: number, URL: "http://a.example/?token=x", Attempt: attempt, Due: began.Add(time.Duration(number) * time.Second),
		Notification: webhook.Notification{JobID: int64(number), Status: webhook.Failed, SitemapID: 2, SitemapName: "ü&="},
	}
}

// TestRecover crashes in each stage of a delivery.
func TestRecover(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "odd name?#%.db")
	f := open(t, path)
	ctx := t.Context()
	ended := func(p delivery.Pending, reason delivery.Reason) delivery.Attempt {
		return delivery.Attempt{Delivery: p.Delivery, Number: p.Attempt, URL: p.URL, Notification: p.Notification, Reason: reason, Started: began, Ended: began.Add(time.Second)}
	}
	for number := range uint64(5) {
		must(t, f.Queue(ctx, pending(number+1, 1)))
	}
	// 1 was never attempted. 2 is under way. 3 waits for its resend, which is
	// its third attempt. 4 was acknowledged. 5 is under way in its last one.
	must(t, f.Begin(ctx, pending(2, 1), began))
	next := pending(3, 3)
	must(t, f.Begin(ctx, pending(3, 2), began))
	must(t, f.End(ctx, ended(pending(3, 2), delivery.Rejected), &next))
	must(t, f.Begin(ctx, pending(4, 1), began))
	must(t, f.End(ctx, ended(pending(4, 1), delivery.Acked), nil))
	last := pending(5, 3)
	must(t, f.Queue(ctx, last))
	must(t, f.Begin(ctx, last, began))
	must(t, f.Close())

	again := open(t, path)
	now := began.Add(time.Hour)
	got, number, err := again.Recover(ctx, now, func(attempt int) time.Duration { return time.Duration(attempt) * time.Minute })
	must(t, err)
	second := pending(2, 1)
	second.Due, last.Due = now.Add(time.Minute), now.Add(3*time.Minute)
	want := []delivery.Pending{pending(1, 1), second, next, last}
	if len(got) != len(want) || number != 5 {
		t.Fatalf("pending is %+v, the last number %d", got, number)
	}
	for i := range want {
		if due := got[i].Due; !due.Equal(want[i].Due) {
			t.Errorf("delivery %d is due at %v, want %v", got[i].Delivery, due, want[i].Due)
		}
		got[i].Due = want[i].Due
		if got[i] != want[i] {
			t.Errorf("pending is %+v, want %+v", got[i], want[i])
		}
	}
	attempts, err := again.Attempts(ctx, 3)
	must(t, err)
	var reasons []delivery.Reason
	for _, a := range attempts {
		reasons = append(reasons, a.Reason)
	}
	if len(reasons) != 3 || reasons[0] != delivery.Rejected || reasons[1] != delivery.Acked || reasons[2] != delivery.Unknown {
		t.Errorf("the last attempts ended %v", reasons)
	}
	if attempts[0].Notification != pending(3, 2).Notification || !attempts[0].Started.Equal(began) {
		t.Errorf("an attempt reads %+v", attempts[0])
	}

	must(t, again.Reset(ctx))
	got, number, err = again.Recover(ctx, now, func(int) time.Duration { return 0 })
	if err != nil || len(got) != 0 || number != 5 {
		t.Errorf("after a reset: %+v, number %d, %v", got, number, err)
	}
}

func TestObjectsInTheOrderOfTheirMaking(t *testing.T) {
	t.Parallel()
	f := open(t, filepath.Join(t.TempDir(), "cloud.db"))
	ctx := t.Context()
	must(t, f.Keep(ctx, cloud.Change{Kind: cloud.KindSitemap, ID: 9, State: []byte("a")}, cloud.Change{Kind: cloud.KindJob, ID: 9, State: []byte("b")}))
	must(t, f.Keep(ctx, cloud.Change{Kind: cloud.KindJob, ID: 3, State: []byte("c")}))
	must(t, f.Keep(ctx, cloud.Change{Kind: cloud.KindSitemap, ID: 9, State: []byte("d")}))
	must(t, f.Keep(ctx, cloud.Change{Kind: cloud.KindJob, ID: 9}))
	var got []cloud.Change
	must(t, f.Objects(ctx, func(c cloud.Change) error {
		got = append(got, c)
		return nil
	}))
	if len(got) != 3 || string(got[0].State) != "d" || got[1].ID != 9 || got[1].State != nil || string(got[2].State) != "c" {
		t.Errorf("kept are %+v", got)
	}
}

func TestSeedAndClock(t *testing.T) {
	t.Parallel()
	f := open(t, filepath.Join(t.TempDir(), "cloud.db"))
	ctx := t.Context()
	if _, ok, err := f.Seed(ctx); ok || err != nil {
		t.Errorf("a new file has a seed: %v", err)
	}
	must(t, f.SetSeed(ctx, 1<<63+1))
	if seed, ok, err := f.Seed(ctx); seed != 1<<63+1 || !ok || err != nil {
		t.Errorf("the seed is %d, %v, %v", seed, ok, err)
	}
	set := clock.State{Base: began.UTC(), Real: began.Add(1).UTC(), Scale: 2.5, Paused: true}
	must(t, f.SetClock(ctx, set))
	if got, ok, err := f.Clock(ctx); got != set || !ok || err != nil {
		t.Errorf("the clock is %+v, %v, %v", got, ok, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cloud.db")
	f := open(t, path)
	must(t, f.SetSeed(t.Context(), 1))
	if again, err := state.Open(t.Context(), path); err == nil {
		_ = again.Close()
		t.Error("a file that is open was opened")
	}
	if f, err := state.Open(t.Context(), t.TempDir()); err == nil {
		_ = f.Close()
		t.Error("a directory was opened")
	}
}
