package traffic

import (
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
func (a Attempt) measured() bool {
	switch a.Reason {
	case delivery.Acked, delivery.Rejected, delivery.Timeout, delivery.Reset, delivery.Protocol:
		return a.Job.Special != Slow
	case delivery.Refused, delivery.TLS, delivery.Lookup, delivery.Dropped, delivery.Canceled, delivery.Unknown, delivery.Invalid:
	}
	return false
}

// attemptName is the group that attempt number n belongs to.
func attemptName(n int) string {
	if n >= 3 {
		return "3+"
	}
	return strconv.Itoa(n)
}

// tally is what was measured so far. It is safe for concurrent use.
type tally struct {
	mu       sync.Mutex
	counts   Counts
	warm     Counts
	sending  int64 // exchanges under way
	sends    Sends
	latency  Latency
	statuses map[webhook.Status]Latency
	attempts map[string]Latency
	timeline Timeline
}

func newTally() *tally {
	return &tally{
		latency:  newLatency(),
		statuses: map[webhook.Status]Latency{},
		attempts: map[string]Latency{},
	}
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

func (t *tally) begin(warm bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sending++
	t.ofLocked(warm).Sent++
}

// end takes an attempt that has ended, and how that leaves its notification.
func (t *tally) end(a Attempt, e ending) {
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
	if !a.measured() {
		return
	}
	fromPlanned, fromSent := a.Ended-a.Planned, a.Ended-a.Sent
	t.latency.record(fromPlanned, fromSent)
	group(t.statuses, a.Job.Notified(a.Part).Status).record(fromPlanned, fromSent)
	group(t.attempts, attemptName(a.Number)).record(fromPlanned, fromSent)
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

func (t *tally) progress() Progress {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Progress{
		Counts: t.counts, Warm: t.warm, Sending: t.sending,
		P50: t.latency.Planned.Quantile(0.5), P99: t.latency.Planned.Quantile(0.99),
	}
}
