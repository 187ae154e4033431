package patience_test

import (
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/scenarios/internal/patience"
)

var began = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

func TestHowLongARunWaits(t *testing.T) {
	t.Parallel()
	full := patience.Limits{Import: 30 * time.Second, Retry: 180 * time.Second}
	fast := full
	fast.Fast = true
	chosen := full
	chosen.ImportSet, chosen.RetrySet = true, true
	for name, test := range map[string]struct {
		limits patience.Limits
		kind   patience.Kind
		seen   patience.Seen
		want   time.Duration
	}{
		"an import, nothing known":             {full, patience.Import, patience.Seen{}, 30 * time.Second},
		"a retry, nothing known":               {full, patience.Retry, patience.Seen{}, 180 * time.Second},
		"a quick receiver, nothing failed":     {full, patience.Retry, patience.Seen{SlowestImport: time.Second, SlowestRetry: time.Second}, 180 * time.Second},
		"failed, an import, none seen yet":     {full, patience.Import, patience.Seen{Failed: true}, 30 * time.Second},
		"failed, an import, quick ones seen":   {full, patience.Import, patience.Seen{Failed: true, SlowestImport: 100 * time.Millisecond}, 5 * time.Second},
		"failed, an import, slow ones seen":    {full, patience.Import, patience.Seen{Failed: true, SlowestImport: 2 * time.Second}, 20 * time.Second},
		"failed, an import, very slow ones":    {full, patience.Import, patience.Seen{Failed: true, SlowestImport: 8 * time.Second}, 30 * time.Second},
		"failed, a retry, none seen":           {full, patience.Retry, patience.Seen{Failed: true}, time.Minute},
		"failed, a retry, none seen, fast":     {fast, patience.Retry, patience.Seen{Failed: true, SlowestImport: time.Second}, 25 * time.Second},
		"failed, a retry, awaited in vain":     {fast, patience.Retry, patience.Seen{Failed: true, NoRetry: true}, 10 * time.Second},
		"failed, a retry, some seen":           {fast, patience.Retry, patience.Seen{Failed: true, SlowestRetry: 10 * time.Second, SlowestImport: time.Second}, 40 * time.Second},
		"failed, but the user chose the limit": {chosen, patience.Retry, patience.Seen{Failed: true, SlowestRetry: time.Second}, 180 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, why := test.limits.For(test.kind, test.seen); got != test.want || why == "" {
				t.Errorf("%v because %q, want %v", got, why, test.want)
			}
		})
	}
}

func TestProgressProlongsAWait(t *testing.T) {
	t.Parallel()
	limits := patience.Limits{Import: 30 * time.Second, Retry: time.Minute}
	wait := patience.Wait{Kind: patience.Import, Since: began, Delayed: time.Second}
	for name, test := range map[string]struct {
		seen patience.Seen
		want time.Duration
	}{
		"none":                         {patience.Seen{Delayed: time.Second}, 30 * time.Second},
		"before the wait":              {patience.Seen{Progress: began.Add(-time.Minute), Delayed: time.Second}, 30 * time.Second},
		"for another job":              {patience.Seen{Progress: began.Add(20 * time.Second), Delayed: time.Second}, 50 * time.Second},
		"held up by us since it began": {patience.Seen{Delayed: 11 * time.Second}, 40 * time.Second},
		"idle, and not failed":         {patience.Seen{Delayed: 11 * time.Second, Idle: began.Add(time.Second)}, 40 * time.Second},
		"without an end":               {patience.Seen{Progress: began.Add(time.Hour), Delayed: time.Second}, 20 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := limits.Until(wait, test.seen).Sub(began); got != test.want {
				t.Errorf("over after %v, want %v", got, test.want)
			}
		})
	}
}

// Once a run has failed, a receiver that is idle is not granted that it was held up,
// unless it is by the very scenario that waits.
func TestAFailedRunDoesNotWaitForTheIdle(t *testing.T) {
	t.Parallel()
	limits := patience.Limits{Import: 30 * time.Second, Retry: time.Minute, Fast: true}
	wait := patience.Wait{Kind: patience.Retry, Since: began}
	own := wait
	own.Own = 40 * time.Second
	failed := patience.Seen{Failed: true, Delayed: 60 * time.Second}
	idle := failed
	idle.Idle = began.Add(5 * time.Second)
	progress := idle
	progress.Progress = began.Add(7 * time.Second)
	for name, test := range map[string]struct {
		wait patience.Wait
		seen patience.Seen
		want time.Duration
	}{
		"it calls":                          {wait, failed, 35 * time.Second},
		"it is idle":                        {wait, idle, 30 * time.Second},
		"it is idle and has made progress":  {wait, progress, 32 * time.Second},
		"it calls, and this job is held up": {own, failed, 65 * time.Second},
		"it is idle, this job is held up":   {own, idle, 65 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := limits.Until(test.wait, test.seen).Sub(began); got != test.want {
				t.Errorf("over after %v, want %v", got, test.want)
			}
		})
	}
}

func TestRhythm(t *testing.T) {
	t.Parallel()
	at := func(s int) time.Time { return began.Add(time.Duration(s) * time.Second) }
	var r patience.Rhythm
	progress := func() int {
		seen, _ := r.Seen()
		if seen.Progress.IsZero() {
			return -1
		}
		return int(seen.Progress.Sub(began) / time.Second)
	}
	expect := func(what string, want int) {
		t.Helper()
		if got := progress(); got != want {
			t.Errorf("after %s, progress at %d, want %d", what, got, want)
		}
	}
	r.Acknowledged(1, at(1))
	expect("an acknowledgement", -1)
	r.Call(1, at(2))
	expect("a first call", 2)
	r.Called(1, at(3), true, false)
	r.Call(1, at(7))
	r.Called(1, at(8), true, false)
	expect("calls that fail again and again", 2)
	r.Call(1, at(9))
	r.Called(1, at(10), true, true)
	expect("a complete download", 10)
	r.Rows(2, at(11), "")
	expect("nothing", 10)
	r.Rows(1, at(11), "5 rows")
	r.Rows(1, at(12), "5 rows")
	expect("rows", 11)
	r.Imported(1, at(13), true)
	r.Acknowledged(2, at(13))
	r.Imported(2, at(15), false)
	r.Acknowledged(3, at(15)) // after a delay by us: see below
	_, changed := r.Seen()
	r.Delay(time.Second)
	select {
	case <-changed:
	default:
		t.Error("a delay is not told")
	}
	r.Imported(3, at(15), false)
	r.Fail()
	seen, _ := r.Seen()
	want := patience.Seen{Progress: at(15), SlowestImport: 2 * time.Second, SlowestRetry: 4 * time.Second, Failed: true, Delayed: time.Second, Idle: at(10)}
	if seen != want {
		t.Errorf("%+v, want %+v", seen, want)
	}
}

// TestDownloadsWithoutAnEnd: who downloads a job again and again, and shows nothing
// for it, makes no progress; an acknowledgement and rows begin anew.
func TestDownloadsWithoutAnEnd(t *testing.T) {
	t.Parallel()
	var r patience.Rhythm
	at := began
	download := func() (progress bool) {
		at = at.Add(time.Minute)
		r.Call(7, at.Add(-time.Second))
		r.Called(7, at, true, true)
		seen, _ := r.Seen()
		return seen.Progress.Equal(at)
	}
	for i, want := range []bool{true, true, true, false, false} {
		if download() != want {
			t.Errorf("download %d counts as progress: %t", i+1, !want)
		}
	}
	r.Acknowledged(7, at)
	if !download() {
		t.Error("a download after a resend is no progress")
	}
	for range 3 {
		download()
	}
	r.Rows(7, at, "one")
	if !download() {
		t.Error("a download after new rows is no progress")
	}
}
