package scenarios

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Result is the outcome of one requirement.
type Result struct {
	Requirement
	Phase Phase
	// Requires names what the user must give so that it can be judged.
	Requires []string
	// OutOfReach: it can't be judged in the way in which the run is made, whatever
	// the receiver does: a handler in a test's own process can't be killed.
	OutOfReach bool
	// EndsReceiver: it kills the receiver, or asks it to stop.
	EndsReceiver bool
	Verdict      Verdict
	// Known is why the requirement is known not to be met; empty: it is not
	// known.
	Known    string
	Findings []Finding
	Evidence []Evidence
	// Began is the time from the beginning of the run to that of the scenario.
	Began    time.Duration
	Duration time.Duration
	// Waited is how much of Duration it waited for others to end, so that it
	// could go on; the rest is its own.
	Waited time.Duration
	// Output is what the receiver printed meanwhile, when the run started it;
	// cut, and marked where it was cut. Scenarios overlap, so some of it may be
	// about others.
	Output string
}

// Repairable reports whether the hint how to mend the receiver is of use.
func (r Result) Repairable() bool { return r.Verdict == Fail || r.Verdict == Warn }

// CutShort reports whether the run was stopped before this came to an end: then
// nothing is known of it.
func (r Result) CutShort() bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Actual == interrupted })
}

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

// Declared is what the user said of the receiver, secrets replaced.
type Declared struct {
	// Token says where requests carry the receiver's secret, such as
	// "query:token"; empty is nowhere.
	Token string
	// Unsupported and KnownFailing are the reasons by ID.
	Unsupported, KnownFailing map[string]string
	// Run starts the receiver; StartCommand and KillCommand do what they say
	// to one that is not a process of the run's.
	Run, StartCommand, KillCommand string
}

// Report is the outcome of a run. No secret that the configuration knows is in
// it.
type Report struct {
	// Version is that of the tool.
	Version string
	// Command repeats the run; empty if that is not known.
	Command string
	// Interrupted is set when the run was stopped before its end; what was
	// known by then is in the results.
	Interrupted bool
	// Failure says what of the harness failed beside the scenarios; empty: nothing.
	Failure  string
	Name     string
	Endpoint string
	Profile  string
	Seed     uint64
	Fast     bool
	Probes   []string
	Declared Declared
	APIURL   string
	// EffectTimeout and RetryTimeout bound the waits for imports; Quiet is the
	// time without any sign of work after which no second effect is expected.
	EffectTimeout, RetryTimeout, Quiet time.Duration
	// SlowestImport and SlowestRetry are what the run learned of the receiver: the
	// longest time from an acknowledgement to its effect, and from a call that
	// failed to the next one for the same job; 0 when there was none.
	SlowestImport, SlowestRetry time.Duration
	// Forms say in words under which other names and in which other forms the
	// probes show the columns, a line each.
	Forms []string
	// Setup is why nothing was judged; nil: the setup was in order. Checked says
	// that nothing else was looked at.
	Setup   *Setup
	Checked bool
	// Looks are what was seen of the setup before anything was judged.
	Looks []Look
	// Deaths are the ends of the receiver's process that the run did not cause.
	Deaths   []Death
	Began    time.Time
	Duration time.Duration
	// Results are in the order of the catalogue, which has Catalogue requirements
	// in all.
	Results   []Result
	Catalogue int
	// Phases are the times that the phases took, from the beginning of their first
	// scenario to the end of their last one.
	Phases map[Phase]time.Duration
	// Output is what the receiver printed, when the run started it; its
	// beginning and its end when it was much.
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
