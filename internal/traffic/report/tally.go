package report

import (
	"runtime"
	"strconv"
	"sync"

	"github.com/scrapehook/scrapehook/internal/traffic/plan"
	"github.com/scrapehook/scrapehook/webhook"
)

// Tally is what some of the connections have measured so far. It is safe for
// concurrent use; its zero value is empty. What belongs to the warm-up is counted
// apart.
type Tally struct {
	mu       sync.Mutex
	counts   Counts
	warm     Counts
	sending  int64 // exchanges under way
	sends    Sends
	codes    map[int]int64 // answers by their status code
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

func (t *Tally) ofLocked(warm bool) *Counts {
	if warm {
		return &t.warm
	}
	return &t.counts
}

// Planned counts the notifications of a job that is due.
func (t *Tally) Planned(warm bool, j plan.Job) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ofLocked(warm).plan(j)
}

// Begun counts an exchange that has begun.
func (t *Tally) Begun(warm bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sending++
	t.ofLocked(warm).Sent++
}

// Ended counts an attempt that has ended, and what that makes of its notification.
func (t *Tally) Ended(a *Attempt, e Ending) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sending--
	c := t.ofLocked(a.Warm)
	*c.outcome(a.Job.Special, a.Reason)++
	if e != Pending {
		*c.ended(e)++
	}
	if a.Sent-a.Planned > LateBy {
		c.Late++
	}
	if a.Warm {
		return
	}
	t.timeline.at(a.Planned).count(a)
	if a.Code != 0 {
		if t.codes == nil {
			t.codes = map[int]int64{}
		}
		t.codes[a.Code]++
	}
	if a.Number == 1 && a.Part == plan.First {
		t.sends.add(Sends{Count: 1, FirstS: a.Sent.Seconds(), LastS: a.Sent.Seconds(), EndedS: a.Ended.Seconds()})
	}
	if a.measured() {
		t.cellLocked(a).record(a.Ended-a.Planned, a.Ended-a.Sent)
	}
}

// Resend counts a planned resend.
func (t *Tally) Resend(warm bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.ofLocked(warm)
	c.Planned++
	c.Resends++
}

// Dropped counts a planned send for which there was no room. Its notification is
// abandoned.
func (t *Tally) Dropped(warm bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.ofLocked(warm)
	c.Dropped++
	c.Abandoned++
}

// Unsent counts a planned send that an interruption prevented.
func (t *Tally) Unsent(warm bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.ofLocked(warm)
	c.Unsent++
	c.Unfinished++
}

// cellLocked returns the attempt's cell, which is made when it is first needed.
func (t *Tally) cellLocked(a *Attempt) *cell {
	status, attempt := a.Job.Notification.Status, min(a.Number, lastGroup)
	if a.Part == plan.Continuation {
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

// group returns the latency of a group, which is made when it is first needed.
func group[K comparable](groups map[K]Latency, key K) Latency {
	l, ok := groups[key]
	if !ok {
		l = newLatency()
		groups[key] = l
	}
	return l
}

// Tallies are those of a run. Each connection keeps to one of them, so that those
// on different processors seldom wait for each other.
type Tallies []*Tally

// NewTallies returns as many as there are processors, within limits.
func NewTallies() Tallies {
	const most = 8 // each has some megabytes of histograms
	ts := make(Tallies, min(runtime.GOMAXPROCS(0), most))
	for i := range ts {
		ts[i] = &Tally{}
	}
	return ts
}

// Of returns the tally of the i-th connection.
func (ts Tallies) Of(i int) *Tally { return ts[i%len(ts)] }

// Progress returns what was counted so far. Where the run stands is for the caller
// to add.
func (ts Tallies) Progress() Progress {
	var p Progress
	for _, t := range ts {
		t.mu.Lock()
		p.Counts.Add(t.counts)
		p.Warm.Add(t.warm)
		p.Sending += t.sending
		t.mu.Unlock()
	}
	l := ts.Latency()
	p.P50, p.P99 = l.Planned.Quantile(0.5), l.Planned.Quantile(0.99)
	return p
}

// Latency returns that of all attempts so far.
func (ts Tallies) Latency() Latency {
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

// AddTo adds all that was measured to a report that has nothing of it yet.
func (ts Tallies) AddTo(report *Report) {
	report.Latency = newLatency()
	report.ByStatus, report.ByAttempt = map[webhook.Status]Latency{}, map[string]Latency{}
	for _, t := range ts {
		t.mu.Lock()
		report.Add(t.counts)
		report.Warmup.Add(t.warm)
		report.addCodes(t.codes)
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
	report.RatePerS, _ = report.Sends.rate()
}
