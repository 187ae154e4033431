package scenarios

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// Driver is what one scenario acts on. It records everything that it does and
// sees. When the harness itself fails, or the run is interrupted, its methods
// end the scenario, as FailNow ends a test; so they are for the goroutine of
// Play alone.
type Driver struct {
	harness  *harness
	scenario string          // its ID, empty for none
	ctx      context.Context //nolint:containedctx // a driver lives as long as its scenario's Play
	cancel   context.CancelFunc
	slot     slot
	inSlot   bool
	progress func(text string, until time.Time) // safe for concurrent use
	began    time.Time

	background  sync.WaitGroup // what goes on beside Play
	observation Observation
	jobs        []int64
	made        []Job         // its jobs
	ends        map[int64]end // the last one of each job
	evidence    []Evidence
	recorded    map[Kind]int // pieces of evidence, those that are left out included
	// waited is how long it has waited for a slot after it had given up its own.
	waited time.Duration
	// delayed is how long we had held the receiver up when the scenario began.
	delayed time.Duration
	// own is how long the scenario holds up its own jobs.
	own time.Duration
	// printed is how much the receiver had printed when the scenario began.
	printed int64
}

// end is how a job ended. A receiver may delete the job at the cloud, so it is
// kept here.
type end struct {
	status webhook.Status
	rows   [][]byte
}

// scenarioError carries what ended a scenario from below.
type scenarioError struct{ err error }

// scenarioVerdict ends a scenario that can't go on, because of what the receiver
// did within its rights.
type scenarioVerdict struct{ finding Finding }

// end ends what goes on beside Play, also when Play did not come to its end.
func (d *Driver) end() {
	d.cancel()
	d.background.Wait()
}

func (d *Driver) check(doing string, err error) {
	if err != nil {
		panic(scenarioError{fmt.Errorf("%s: %w", doing, err)})
	}
}

// Profile is the sender's rules in this run.
func (d *Driver) Profile() webhook.Profile { return d.harness.cfg.Profile }

// Pick is usual, or fast when the run shortens its own pauses.
func (d *Driver) Pick(usual, fast time.Duration) time.Duration {
	if d.Fast() {
		return fast
	}
	return usual
}

// Fast reports whether the run shortens its own pauses.
func (d *Driver) Fast() bool { return d.harness.cfg.Fast }

// Burst is how many notifications are a burst: fewer than usual for a receiver that
// takes long for each, because all of them must be imported in the end.
func (d *Driver) Burst() int {
	if n := d.harness.cfg.Burst; n != usualBurst || !d.harness.slow() {
		return n
	}
	d.Note("imports take long here, so a burst is %d notifications (see --burst)", smallBurst)
	return smallBurst
}

// usualBurst is a burst without --burst, smallBurst one for a slow receiver.
const usualBurst, smallBurst = 100, 40

// slow reports whether imports of this receiver were seen to take long, for
// themselves or in its queue.
func (h *harness) slow() bool {
	seen, _ := h.rhythm.Seen()
	return seen.SlowestImport > 10*time.Second
}

// Note adds a sentence to the evidence.
func (d *Driver) Note(format string, args ...any) { d.add(time.Now(), OfNote, format, args...) }

// evidenceKept bounds the evidence of one scenario, kind by kind.
const evidenceKept = 200

func (d *Driver) add(at time.Time, kind Kind, format string, args ...any) {
	d.record(at, Evidence{Kind: kind, Text: fmt.Sprintf(format, args...)})
}

// record adds a piece of evidence that began at a moment. What is too much is
// only counted.
func (d *Driver) record(at time.Time, e Evidence) {
	if d.recorded[e.Kind]++; d.recorded[e.Kind] <= evidenceKept {
		e.At = at.Sub(d.began)
		d.evidence = append(d.evidence, e)
	}
}

// collectCalls adds the receiver's API calls to what was observed.
func (d *Driver) collectCalls() {
	for _, job := range d.jobs {
		calls, _ := d.harness.traffic.calls(job)
		d.observation.Calls = append(d.observation.Calls, calls...)
	}
}

// closing returns the evidence with the API calls that the receiver made and
// with what became of its process, in the order of time.
func (d *Driver) closing() []Evidence {
	for _, job := range d.jobs {
		calls, more := d.harness.traffic.calls(job)
		for _, c := range calls {
			e := Evidence{Kind: OfAPI, Text: describeCall(c)}
			if !c.Ended.IsZero() {
				e.Took = c.Ended.Sub(c.Began)
			}
			d.record(c.Began, e)
		}
		d.recorded[OfAPI] += more
	}
	for _, e := range d.harness.processEvents(d.began) {
		d.add(e.At, OfProcess, "%s", e.Text)
	}
	slices.SortStableFunc(d.evidence, func(a, b Evidence) int { return cmp.Compare(a.At, b.At) })
	for _, kind := range []Kind{OfRequest, OfAPI, OfProbe, OfProcess, OfNote} {
		if left := d.recorded[kind] - evidenceKept; left > 0 {
			d.evidence = append(d.evidence, Evidence{
				At: time.Since(d.began), Kind: kind, Text: fmt.Sprintf("%d more of this kind are left out", left),
			})
		}
	}
	return d.evidence
}
