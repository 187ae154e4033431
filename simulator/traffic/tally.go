package traffic

import (
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/simulator/delivery"
	"github.com/scrapehook/scrapehook/webhook"
)

// LateBy is how much after its planned moment a send may begin before it is
// counted as late: beyond what a busy machine's timers are off by.
const LateBy = 10 * time.Millisecond

// Attempt is one send that was made.
type Attempt struct {
	Job  Job
	Part Part
	// Number of the attempt, from 1.
	Number int
	// Warm: it belongs to the warm-up and is not measured.
	Warm bool
	// Planned, Sent and Ended are from the start of the run.
	Planned, Sent, Ended time.Duration
	Reason               delivery.Reason
	// Code is the answer's, 0 when there is none.
	Code int
	// Err says in words what went wrong.
	Err string
	// Form is the body that was sent.
	Form []byte
}

// measured reports whether the attempt tells how long the endpoint takes: it
// was reached, and neither we nor our plan made the exchange last or end.
func (a *Attempt) measured() bool {
	switch a.Reason {
	case delivery.Acked, delivery.Rejected, delivery.Timeout, delivery.Reset, delivery.Protocol:
		return a.Job.Special != Slow
	case delivery.Refused, delivery.TLS, delivery.Lookup, delivery.Dropped, delivery.Canceled, delivery.Unknown, delivery.Invalid:
	}
	return false
}

// tally is what some of the connections have measured so far. It is safe for
// concurrent use.
type tally struct {
	mu       sync.Mutex
	counts   Counts
	warm     Counts
	sending  int64 // exchanges under way
	sends    Sends
	cells    []cell
	timeline Timeline
}

// cell is the latency of the attempts that have a status and a number in
// common; the groups of a report are made of them.
type cell struct {
	status  webhook.Status
	attempt int // from 1, and 3 is that or more
	Latency
}

const lastGroup = 3

// attemptName is how a report calls a group of attempts.
func attemptName(n int) string {
	if n >= lastGroup {
		return strconv.Itoa(lastGroup) + "+"
	}
	return strconv.Itoa(n)
}

// count changes the counts that a send belongs to.
func (t *tally) count(warm bool, change func(*Counts)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change(t.ofLocked(warm))
}

func (t *tally) ofLocked(warm bool) *Counts {
	if warm {
		return &t.warm
	}
	return &t.counts
}

// plan counts the notifications of a job.
func (t *tally) plan(warm bool, j Job) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ofLocked(warm).plan(j)
}

func (t *tally) begin(warm bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sending++
	t.ofLocked(warm).Sent++
}

// end takes an attempt that has ended, and how that leaves its notification.
func (t *tally) end(a *Attempt, e ending) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sending--
	c := t.ofLocked(a.Warm)
	*c.outcome(a.Job.Special, a.Reason)++
	if e != goesOn {
		*c.ended(e)++
	}
	if a.Sent-a.Planned > LateBy {
		c.Late++
	}
	if a.Warm {
		return
	}
	t.timeline.at(a.Planned).count(a)
	if a.Number == 1 && a.Part == First {
		t.sends.add(Sends{Count: 1, FirstS: a.Sent.Seconds(), LastS: a.Sent.Seconds()})
	}
	if a.measured() {
		t.cellLocked(a).record(a.Ended-a.Planned, a.Ended-a.Sent)
	}
}

// cellLocked returns the attempt's cell, which is made when it is first needed.
func (t *tally) cellLocked(a *Attempt) *cell {
	status, attempt := a.Job.Notification.Status, min(a.Number, lastGroup)
	if a.Part == Continuation {
		status = a.Job.Notified(a.Part).Status
	}
	for i := range t.cells {
		if c := &t.cells[i]; c.attempt == attempt && c.status == status {
			return c
		}
	}
	t.cells = append(t.cells, cell{status, attempt, newLatency()})
	return &t.cells[len(t.cells)-1]
}

// Sends are the first attempts of jobs, from which the rate follows: resends and
// second notifications come when they come.
type Sends struct {
	Count  int64   `json:"count"`
	FirstS float64 `json:"first_s"` // when the first one was sent, from the start
	LastS  float64 `json:"last_s"`
}

func (s *Sends) add(other Sends) {
	switch {
	case other.Count == 0:
		return
	case s.Count == 0:
		*s = other
		return
	}
	s.Count += other.Count
	s.FirstS, s.LastS = min(s.FirstS, other.FirstS), max(s.LastS, other.LastS)
}

// rate is in sends a second.
func (s *Sends) rate() float64 {
	if s.LastS <= s.FirstS {
		return 0
	}
	return float64(s.Count-1) / (s.LastS - s.FirstS)
}

// group returns the latency of a group, which is made when it is first needed.
func group[K comparable](groups map[K]Latency, key K) Latency {
	l, ok := groups[key]
	if !ok {
		l = newLatency()
		groups[key] = l
	}
	return l
}

// Progress is where a run stands.
type Progress struct {
	Elapsed  time.Duration // since the start, negative before it
	Jobs     int64         // handed out
	Counts   Counts        // the warm-up's excluded
	Warm     Counts
	Sending  int64 // exchanges under way
	Waiting  int   // due, and waiting for a connection
	Pending  int   // not due yet: resends, copies, continuations
	P50, P99 time.Duration
}

// tallies are those of a run. A connection has always the same one, so that
// those on different processors seldom wait for each other.
type tallies []*tally

func newTallies() tallies {
	const most = 8 // each has some megabytes of histograms
	ts := make(tallies, min(runtime.GOMAXPROCS(0), most))
	for i := range ts {
		ts[i] = &tally{}
	}
	return ts
}

// of returns the tally of the i-th connection.
func (ts tallies) of(i int) *tally { return ts[i%len(ts)] }

func (ts tallies) progress() Progress {
	var p Progress
	for _, t := range ts {
		t.mu.Lock()
		p.Counts.Add(t.counts)
		p.Warm.Add(t.warm)
		p.Sending += t.sending
		t.mu.Unlock()
	}
	l := ts.latency()
	p.P50, p.P99 = l.Planned.Quantile(0.5), l.Planned.Quantile(0.99)
	return p
}

// latency is that of all attempts.
func (ts tallies) latency() Latency {
	l := newLatency()
	for _, t := range ts {
		t.mu.Lock()
		for _, c := range t.cells {
			l.merge(c.Latency)
		}
		t.mu.Unlock()
	}
	return l
}

// addTo adds all that was measured to a report that has nothing of it yet.
func (ts tallies) addTo(report *Report) {
	report.Latency = newLatency()
	report.ByStatus, report.ByAttempt = map[webhook.Status]Latency{}, map[string]Latency{}
	for _, t := range ts {
		t.mu.Lock()
		report.Add(t.counts)
		report.Warmup.Add(t.warm)
		report.Sends.add(t.sends)
		for _, c := range t.cells {
			report.Latency.merge(c.Latency)
			group(report.ByStatus, c.status).merge(c.Latency)
			group(report.ByAttempt, attemptName(c.attempt)).merge(c.Latency)
		}
		timeline := t.timeline.clone()
		t.mu.Unlock()
		report.Timeline.merge(&timeline)
	}
	report.RatePerS = report.Sends.rate()
}
