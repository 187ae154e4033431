package main

import (
	"math"
	"testing"
	"time"
)

// steady is the record of a plan that was held, each arrival as late as late says.
func steady(p plan, start int64, late func(n int) time.Duration) *Record {
	r := &Record{}
	for n := range p.planned() {
		r.Arrivals = append(r.Arrivals, start+p.due(n)+int64(late(n)))
	}
	return r
}

func near(t *testing.T, what string, got, want, by float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > by {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

func TestHold(t *testing.T) {
	t.Parallel()
	p := plan{1000, 3 * time.Second}
	const start = 1_700_000_000_000_000_000
	for name, row := range map[string]struct {
		late      func(n int) time.Duration
		held, p99 float64
	}{
		"on time":               {func(int) time.Duration { return 0 }, 1, 0},
		"all late alike":        {func(int) time.Duration { return time.Second }, 1, 0},
		"a slow start":          {func(n int) time.Duration { return max(0, 200*time.Millisecond-time.Duration(p.due(n))/2) }, 1, 0},
		"one in 50 by 5 ms":     {func(n int) time.Duration { return time.Duration(1-min(1, n%50)) * 5 * time.Millisecond }, 1, 5e6},
		"one in 200 by 5 ms":    {func(n int) time.Duration { return time.Duration(1-min(1, n%200)) * 5 * time.Millisecond }, 1, 0},
		"half as fast, all the": {func(n int) time.Duration { return time.Duration(n) * time.Millisecond }, 0.5, 2450e6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := steady(p, start, row.late).hold(p)
			near(t, "the rate held", got.held, row.held, 1e-3)
			near(t, "the p99", got.p99, row.p99, 5e6/1000)
			if got.missing != 0 {
				t.Errorf("%d are missing, want none", got.missing)
			}
		})
	}
}

func TestHoldCannotTellTheLatenessOfWhatWasLeftOut(t *testing.T) {
	t.Parallel()
	p := plan{1000, 3 * time.Second}
	r := steady(p, 0, func(int) time.Duration { return 0 })
	r.Arrivals = append(r.Arrivals[:1000:1000], r.Arrivals[1010:]...)
	got := r.hold(p)
	if got.missing != 10 || !math.IsNaN(got.p99) {
		t.Errorf("%d are missing and the p99 is %v, want 10 and none", got.missing, got.p99)
	}
}

func TestHoldOfNearlyNothing(t *testing.T) {
	t.Parallel()
	p := plan{1000, 3 * time.Second}
	if got := (&Record{Arrivals: []int64{1, 2, 3}}).hold(p); !math.IsNaN(got.held) || got.missing != 2997 {
		t.Errorf("got %+v, want no rate and 2997 missing", got)
	}
}

func TestBehindIsByTheToolsOwnPlan(t *testing.T) {
	t.Parallel()
	p, began := plan{1000, 2 * time.Second}, time.Unix(1_700_000_000, 0)
	r := steady(p, began.UnixNano(), func(int) time.Duration { return 3 * time.Millisecond })
	near(t, "the p99", r.behind(p, began), 3e6, 1)
	if got := r.behind(p, time.Time{}); !math.IsNaN(got) {
		t.Errorf("a plan whose beginning is unknown is behind by %v, want no figure", got)
	}
}

func TestRate(t *testing.T) {
	t.Parallel()
	r := steady(plan{1000, 3 * time.Second}, 0, func(int) time.Duration { return 0 })
	near(t, "the rate", r.rate(time.Second), 1000, 1)
	near(t, "the rate up to the last arrival", r.rate(time.Hour), 1000, 1)
	if got := (&Record{Arrivals: []int64{0, 1}}).rate(time.Second); !math.IsNaN(got) {
		t.Errorf("the rate of a tool that stopped at once is %v, want none", got)
	}
}

func TestFrozenTruth(t *testing.T) {
	t.Parallel()
	// A tenth of the plan waits, evenly from nothing to 200 ms: so a hundredth of
	// it, a tenth of those, waits for longer than 180 ms.
	p := plan{5000, 4 * time.Second}
	r := &Record{Arrivals: []int64{0}, Freezes: []Span{{1e9, 12e8}, {3e9, 32e8}}}
	near(t, "the p99", float64(r.frozen(p, 0.99)), 180e6, 1e6)
	near(t, "the median", float64(r.frozen(p, 0.5)), 0, 0)
}

func TestQuantileAndMedian(t *testing.T) {
	t.Parallel()
	hundred := make([]int, 100)
	for i := range hundred {
		hundred[i] = i + 1
	}
	for q, want := range map[float64]int{0: 1, 0.01: 1, 0.5: 50, 0.99: 99, 1: 100} {
		if got := quantile(hundred, q); got != want {
			t.Errorf("the %v quantile of 1 to 100 is %d, want %d", q, got, want)
		}
	}
	near(t, "an odd median", median([]float64{9, 1, 5}), 5, 0)
	near(t, "an even median", median([]float64{9, 1, 5, 7}), 6, 0)
	near(t, "a median beside what is unknown", median([]float64{math.NaN(), 4}), 4, 0)
	if got := median(nil); !math.IsNaN(got) {
		t.Errorf("the median of nothing is %v", got)
	}
}
