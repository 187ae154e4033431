package main

import (
	"math"
	"slices"
	"time"
)

// Record is what a target saw, in Unix nanoseconds of the machine's clock. It
// is the truth that tools' own reports are compared with.
type Record struct {
	// Arrivals are when each request was read, in their order.
	Arrivals []int64
	// Held is, of each connection to the silent target that was closed by the
	// sender, how long that was after its request was read.
	Held []time.Duration
	// Freezes are the spans in which the target did nothing.
	Freezes []Span
	// CPU is what the target's process spent, in all.
	CPU time.Duration
	// Dropped are requests beyond what a record may hold.
	Dropped int
}

// recorded is the most requests that a record holds.
const recorded = 8 << 20

// Span is from its first moment to before its last.
type Span struct{ From, To int64 }

// settling is how much of the beginning of each measurement counts for nothing:
// processes start, connections are made, caches are cold.
const settling = 500 * time.Millisecond

// rate is how many requests arrived a second, from when things had settled, over
// d, or up to the last arrival if the tool stopped before. It is NaN if the tool
// stopped before things had settled.
func (r *Record) rate(d time.Duration) float64 {
	if len(r.Arrivals) == 0 {
		return math.NaN()
	}
	from := r.Arrivals[0] + int64(settling)
	to := min(from+int64(d), r.Arrivals[len(r.Arrivals)-1])
	if to <= from {
		return math.NaN()
	}
	return float64(r.between(from, to)) / time.Duration(to-from).Seconds()
}

// between counts the arrivals from the one moment to before the other.
func (r *Record) between(from, to int64) int {
	first, _ := slices.BinarySearch(r.Arrivals, from)
	last, _ := slices.BinarySearch(r.Arrivals, to)
	return last - first
}

// busy is the share of a core that the target used while requests came.
func (r *Record) busy() float64 {
	if len(r.Arrivals) < 2 {
		return math.NaN()
	}
	return float64(r.CPU) / float64(r.Arrivals[len(r.Arrivals)-1]-r.Arrivals[0])
}

// plan is a constant rate that is to be held for a time.
type plan struct {
	perSecond float64
	lasts     time.Duration
}

// due is when request number n is planned, after the plan's start.
func (p plan) due(n int) int64 { return int64(float64(n) / p.perSecond * float64(time.Second)) }

// planned is how many requests the plan has.
func (p plan) planned() int { return int(math.Round(p.perSecond * p.lasts.Seconds())) }

// lateness of a sender that should have held a plan.
type lateness struct {
	held float64 // the rate, as a share of the plan's
	// p50 and p99 are those of how much later than planned requests arrived;
	// NaN where requests were left out, since nobody knows which.
	p50, p99 float64
	missing  int // requests that the plan has and the target never saw; tools may send more, too
}

// hold compares a record with the plan. Nobody tells when a tool's plan began,
// so it is taken to be where the earliest hundredth of the arrivals fits: the
// figures are how far the bulk of the arrivals is spread behind them. That
// favours every tool a little, and all alike. The n-th arrival is compared with
// the n-th planned moment, whichever request it was.
func (r *Record) hold(p plan) lateness {
	nan := lateness{held: math.NaN(), p50: math.NaN(), p99: math.NaN(), missing: p.planned() - len(r.Arrivals)}
	skip := int(p.perSecond * settling.Seconds())
	if len(r.Arrivals) < skip+100 {
		return nan
	}
	offsets := make([]int64, 0, len(r.Arrivals)-skip)
	for n := skip; n < len(r.Arrivals); n++ {
		offsets = append(offsets, r.Arrivals[n]-p.due(n))
	}
	slices.Sort(offsets)
	start := quantile(offsets, 0.01)
	l := lateness{missing: nan.missing, p50: math.NaN(), p99: math.NaN()}
	if l.missing <= p.planned()/1000 {
		l.p50 = float64(quantile(offsets, 0.5) - start)
		l.p99 = float64(quantile(offsets, 0.99) - start)
	}
	l.held = slope(r.Arrivals[skip:]) / p.perSecond
	return l
}

// slope is the rate, a second, of the straight line that fits the times best, by
// least squares. A count between two moments would depend on what is late at
// either of them.
func slope(times []int64) float64 {
	n := float64(len(times))
	var sum float64
	for _, t := range times {
		sum += float64(t - times[0])
	}
	mean, middle := sum/n, (n-1)/2
	var products, squares float64
	for i, t := range times {
		x := float64(i) - middle
		products += x * (float64(t-times[0]) - mean)
		squares += x * x
	}
	return squares / products * float64(time.Second)
}

// behind is how much later than due requests of a plan arrived that began at a
// known moment: the p99, in ns; NaN if requests were left out.
func (r *Record) behind(p plan, began time.Time) float64 {
	skip := int(p.perSecond * settling.Seconds())
	if began.IsZero() || len(r.Arrivals) != p.planned() {
		return math.NaN()
	}
	late := make([]int64, 0, len(r.Arrivals))
	for n := skip; n < len(r.Arrivals); n++ {
		late = append(late, r.Arrivals[n]-began.UnixNano()-p.due(n))
	}
	slices.Sort(late)
	return float64(quantile(late, 0.99))
}

// frozen is the truth about a plan whose target froze: of all its requests, the
// latency that a share q is not above, if each that is due in a freeze waits
// for its end and the others for nothing.
func (r *Record) frozen(p plan, q float64) time.Duration {
	if len(r.Arrivals) == 0 {
		return 0
	}
	start := r.Arrivals[0]
	waits := make([]int64, p.planned())
	for n := range waits {
		due := start + p.due(n)
		for _, f := range r.Freezes {
			if due >= f.From && due < f.To {
				waits[n] = f.To - due
			}
		}
	}
	slices.Sort(waits)
	return time.Duration(quantile(waits, q))
}

// quantile is the value that a share q of the sorted values is not above.
func quantile[T any](sorted []T, q float64) T {
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}

// median of values, of which none may be NaN; NaN if there are none.
func median(values []float64) float64 {
	values = slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	if len(values) == 0 {
		return math.NaN()
	}
	slices.Sort(values)
	half := len(values) / 2
	if len(values)%2 == 1 {
		return values[half]
	}
	return (values[half-1] + values[half]) / 2
}
