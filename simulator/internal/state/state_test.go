package state_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/clock"
	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/simulator/internal/state"
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
	for number := range uint64(4) {
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
	last.Form, last.Edited, last.Of = "status=nonsense", true, 4
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

	must(t, again.Keep(ctx, cloud.Transaction{Reset: true}))
	got, number, err = again.Recover(ctx, now, func(int) time.Duration { return 0 })
	if err != nil || len(got) != 0 || number != 5 {
		t.Errorf("after a reset: %+v, number %d, %v", got, number, err)
	}
}

// load puts all that is kept into one transaction.
func load(t *testing.T, f *state.File) (all cloud.Transaction) {
	t.Helper()
	must(t, f.Load(t.Context(), func(tx cloud.Transaction) error {
		all.NextSitemap, all.NextJob = max(all.NextSitemap, tx.NextSitemap), max(all.NextJob, tx.NextJob)
		all.Changes, all.Waiting = append(all.Changes, tx.Changes...), append(all.Waiting, tx.Waiting...)
		return nil
	}))
	return all
}

func TestCloudLasts(t *testing.T) {
	t.Parallel()
	f := open(t, filepath.Join(t.TempDir(), "cloud.db"))
	ctx := t.Context()
	change := func(kind string, id int64, state string) cloud.Change {
		return cloud.Change{Kind: kind, ID: id, State: []byte(state)}
	}
	w := cloud.Waiting{Sequence: 5, Endpoint: "http://a.example/?token=x", Notification: pending(3, 1).Notification, Due: began}
	other := w
	other.Sequence = 6
	must(t, f.Keep(ctx, cloud.Transaction{Changes: []cloud.Change{change(cloud.KindSitemap, 9, "a"), change(cloud.KindJob, 9, "b")}, NextSitemap: 10}))
	must(t, f.Keep(ctx, cloud.Transaction{Changes: []cloud.Change{change(cloud.KindJob, 3, "c")}, Waiting: []cloud.Waiting{w, other}, NextJob: 4}))
	must(t, f.Keep(ctx, cloud.Transaction{Changes: []cloud.Change{change(cloud.KindJob, 4, "c")}, NextJob: 5}))
	must(t, f.Keep(ctx, cloud.Transaction{Changes: []cloud.Change{change(cloud.KindSitemap, 9, "d")}}))
	must(t, f.Keep(ctx, cloud.Transaction{Changes: []cloud.Change{{Kind: cloud.KindJob, ID: 9, Retired: true}, {Kind: cloud.KindJob, ID: 4}}}))
	got := load(t, f)
	if c := got.Changes; len(c) != 3 || string(c[0].State) != "d" || c[1].ID != 9 || c[1].State != nil || !c[1].Retired || string(c[2].State) != "c" {
		t.Errorf("kept are %+v", c)
	}
	if got.NextSitemap != 10 || got.NextJob != 5 || len(got.Waiting) != 2 || !got.Waiting[0].Due.Equal(began) || got.Waiting[0].Notification != w.Notification {
		t.Errorf("kept is %+v", got)
	}
}

// TestTakeAndReset: what is taken is a delivery, and in the outbox no more; a
// reset leaves the ids that must not be given again.
func TestTakeAndReset(t *testing.T) {
	t.Parallel()
	f := open(t, filepath.Join(t.TempDir(), "cloud.db"))
	ctx := t.Context()
	w := cloud.Waiting{Sequence: 5, Endpoint: "http://a.example/?token=x", Notification: pending(3, 1).Notification, Due: began}
	other := w
	other.Sequence = 6
	must(t, f.Keep(ctx, cloud.Transaction{Waiting: []cloud.Waiting{w, other}, NextJob: 5}))
	must(t, f.Take(ctx, []delivery.Pending{pending(1, 1)}, []uint64{5}))
	if got := load(t, f); len(got.Waiting) != 1 || got.Waiting[0].Sequence != 6 {
		t.Errorf("after one was taken, the outbox holds %+v", got.Waiting)
	}
	deliveries, last, err := f.Recover(ctx, began, func(int) time.Duration { return 0 })
	if err != nil || len(deliveries) != 1 || last != 1 {
		t.Errorf("pending is %+v, the last number %d, %v", deliveries, last, err)
	}
	must(t, f.Keep(ctx, cloud.Transaction{Reset: true, Changes: []cloud.Change{{Kind: cloud.KindJob, ID: 77, Retired: true}}}))
	if got := load(t, f); len(got.Changes) != 1 || got.Changes[0].ID != 77 || len(got.Waiting) != 0 || got.NextJob != 5 {
		t.Errorf("after a reset, kept is %+v", got)
	}
}

// TestStateIsPrivate: endpoints' URLs bear tokens.
func TestStateIsPrivate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "cloud.db")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	f := open(t, path)
	must(t, f.SetSeed(t.Context(), 1))
	files, err := os.ReadDir(dir)
	must(t, err)
	for _, file := range files {
		info, err := file.Info()
		must(t, err)
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has the mode %o", file.Name(), mode)
		}
	}
	if len(files) < 2 {
		t.Errorf("there are %d files", len(files))
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
