package scenarios

import (
	"fmt"
	"strings"
	"time"
)

// Result is the outcome of one requirement.
type Result struct {
	Requirement
	Verdict Verdict
	// Known is why the requirement is known not to be met; empty: it is not
	// known.
	Known    string
	Findings []Finding
	Evidence []Evidence
	// Began is the time from the beginning of the run to that of the scenario.
	Began    time.Duration
	Duration time.Duration
}

// Repairable reports whether the hint how to mend the receiver is of use.
func (r Result) Repairable() bool { return r.Verdict == Fail || r.Verdict == Warn }

// Explain writes the findings as lines of text, with the hint how to mend the
// receiver where there is one.
func (r Result) Explain() string {
	var b strings.Builder
	for _, f := range r.Findings {
		fmt.Fprintf(&b, "%s\n  expected: %s\n  actual:   %s\n", f.Subject, f.Expected, f.Actual)
	}
	if r.Repairable() {
		fmt.Fprintf(&b, "repair: %s\n", r.Repair)
	}
	return b.String()
}

// Timeline writes the evidence as text, a line each.
func (r Result) Timeline() string {
	var b strings.Builder
	for _, e := range r.Evidence {
		fmt.Fprintf(&b, "%9.3f s  %-7s  %s\n", e.At.Seconds(), e.Kind, e.Text)
	}
	return b.String()
}

// Report is the outcome of a run.
type Report struct {
	Verdict Overall
	// Interrupted is set when the run was stopped before its end; what was
	// known by then is in the results.
	Interrupted bool
	Name        string
	Endpoint    string
	Profile     string
	Seed        uint64
	Fast        bool
	Probes      []string
	APIURL      string
	Began       time.Time
	Duration    time.Duration
	Results     []Result
	// Lanes are the times that the lanes took, from the beginning of their first
	// scenario to the end of their last one.
	Lanes map[Lane]time.Duration
	// Output is what the receiver printed, when the run started it.
	Output string
}

// Totals counts the results by verdict.
func (r Report) Totals() map[Verdict]int {
	totals := map[Verdict]int{}
	for _, result := range r.Results {
		totals[result.Verdict]++
	}
	return totals
}

// State is where a scenario has got to.
type State int

// The states of a scenario.
const (
	Queued  State = iota
	Running       // Text says what it waits for, Until how long at most
	Done          // Result is there
)

// Event is one step of a run, for whoever watches.
type Event struct {
	ID    string
	State State
	Text  string
	// Until is when the wait ends at the latest; zero when that is not known.
	Until time.Time
	// Result is set when State is Done.
	Result *Result
}
