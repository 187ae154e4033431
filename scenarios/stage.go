package scenarios

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// Stage is what one scenario acts on. It records everything that it does and
// sees. When the harness itself fails, or the run is interrupted, its methods
// end the scenario, as FailNow ends a test; so they are for the goroutine of
// Play alone.
type Stage struct {
	lab      *lab
	ctx      context.Context //nolint:containedctx // a stage lives as long as its scenario's Play
	floor    floor
	progress func(text string, until time.Time) // safe for concurrent use
	began    time.Time

	observation Observation
	jobs        []int64
	ends        map[int64]end // the last one of each job
	evidence    []Evidence
	recorded    map[Kind]int // pieces of evidence, those that are left out included
	// waited is how long it has waited for the floor, after a pause.
	waited time.Duration
	// printed is how much the receiver had printed when the scenario began.
	printed int64
}

// end is how a job ended. A receiver may delete the job at the cloud, so it is
// kept here.
type end struct {
	status webhook.Status
	rows   [][]byte
}

// stageError carries what ended a scenario from below.
type stageError struct{ err error }

// stageVerdict ends a scenario that can't go on, because of what the receiver
// did within its rights.
type stageVerdict struct{ finding Finding }

func (s *Stage) check(doing string, err error) {
	if err != nil {
		panic(stageError{fmt.Errorf("%s: %w", doing, err)})
	}
}

// Profile is the sender's rules in this run.
func (s *Stage) Profile() webhook.Profile { return s.lab.cfg.Profile }

// Pick is d, or fast when the run shortens its own pauses.
func (s *Stage) Pick(d, fast time.Duration) time.Duration {
	if s.Fast() {
		return fast
	}
	return d
}

// Fast reports whether the run shortens its own pauses.
func (s *Stage) Fast() bool { return s.lab.cfg.Fast }

// Burst is how many notifications are a burst.
func (s *Stage) Burst() int { return s.lab.cfg.Burst }

// Note adds a sentence to the evidence.
func (s *Stage) Note(format string, args ...any) { s.add(time.Now(), OfNote, format, args...) }

// evidenceKept bounds the evidence of one scenario, kind by kind.
const evidenceKept = 200

func (s *Stage) add(at time.Time, kind Kind, format string, args ...any) {
	s.record(at, Evidence{Kind: kind, Text: fmt.Sprintf(format, args...)})
}

// record adds a piece of evidence that began at a moment. What is too much is
// only counted.
func (s *Stage) record(at time.Time, e Evidence) {
	if s.recorded[e.Kind]++; s.recorded[e.Kind] <= evidenceKept {
		e.At = at.Sub(s.began)
		s.evidence = append(s.evidence, e)
	}
}

// collectCalls adds the receiver's API calls to what was observed.
func (s *Stage) collectCalls() {
	for _, job := range s.jobs {
		calls, _ := s.lab.traffic.calls(job)
		s.observation.Calls = append(s.observation.Calls, calls...)
	}
}

// closing returns the evidence with the API calls that the receiver made and
// with what became of its process, in the order of time.
func (s *Stage) closing() []Evidence {
	for _, job := range s.jobs {
		calls, more := s.lab.traffic.calls(job)
		for _, c := range calls {
			e := Evidence{Kind: OfAPI, Text: describeCall(c)}
			if !c.Ended.IsZero() {
				e.Took = c.Ended.Sub(c.Began)
			}
			s.record(c.Began, e)
		}
		s.recorded[OfAPI] += more
	}
	for _, e := range s.lab.processEvents(s.began) {
		s.add(e.At, OfProcess, "%s", e.Text)
	}
	slices.SortStableFunc(s.evidence, func(a, b Evidence) int { return cmp.Compare(a.At, b.At) })
	for _, kind := range []Kind{OfRequest, OfAPI, OfProbe, OfProcess, OfNote} {
		if left := s.recorded[kind] - evidenceKept; left > 0 {
			s.evidence = append(s.evidence, Evidence{
				At: time.Since(s.began), Kind: kind, Text: fmt.Sprintf("%d more of this kind are left out", left),
			})
		}
	}
	return s.evidence
}
