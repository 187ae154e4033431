package scenarios

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// ConfigError is what the user can mend: the configuration is at fault, and
// nothing was sent.
type ConfigError struct{ err error }

func (e *ConfigError) Error() string { return e.err.Error() }
func (e *ConfigError) Unwrap() error { return e.err }

// Run is a run of the suite that is under way.
type Run struct {
	harness  *harness
	began    time.Time
	selected Selection
	order    []Scenario // prerequisites first
	needs    map[string][]string
	outcomes map[string]*outcome
	playing  sync.WaitGroup
	done     chan struct{} // closed when report is complete
	report   Report
	setup    *Setup   // why nothing was played
	forms    []string // how the first job's rows were shown
	looks    []Look   // what was seen of the setup

	interruptedLock sync.Mutex
	interrupted     []Scenario // to be played again; guarded by interruptedLock

	failed atomic.Int64 // how many MUSTs
	stop   context.CancelCauseFunc

	progress sync.Mutex // held while Config.Progress is called

	phaseTimes sync.Mutex
	phasesRun  map[Phase]span // guarded by phaseTimes
}

// span is a time from a beginning to an end.
type span struct{ began, ended time.Time }

// outcome is the result of one scenario, readable once done is closed.
type outcome struct {
	done   chan struct{}
	result Result
	// postponed is closed when the scenario was interrupted and comes again at
	// the end of its phase; so who waits for it can't have it now.
	postponed chan struct{}
	postpone  func()
}

func newOutcome() *outcome {
	postponed := make(chan struct{})
	return &outcome{done: make(chan struct{}), postponed: postponed, postpone: sync.OnceFunc(func() { close(postponed) })}
}

// wait waits for the result, unless it is postponed.
func (o *outcome) wait() {
	select {
	case <-o.done:
	case <-o.postponed:
	}
}

func (o *outcome) ended() bool {
	select {
	case <-o.done:
		return true
	default:
		return false
	}
}

// Start opens the simulated API, starts the receiver if it is told how, makes
// sure that the endpoint answers, and begins to play the selected scenarios,
// which go on in the background until Wait returns or ctx ends. A
// [*ConfigError] is the user's to mend; [ErrUnreachable] means that there is
// nothing to judge.
func Start(ctx context.Context, cfg Config, selected Selection) (*Run, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, &ConfigError{err}
	}
	if len(selected.Scenarios) == 0 {
		return nil, &ConfigError{errors.New("no scenario is selected")}
	}
	h, err := newHarness(ctx, cfg)
	if err != nil {
		return nil, err
	}
	r := newRun(h, selected)
	r.tell(Event{State: Running, Text: "the endpoint to answer"})
	if err := h.open(ctx); err != nil {
		output := h.redactor.Text(h.printed(0))
		return nil, h.redactor.Error(errors.Join(withOutput(err, output), h.close(ctx)))
	}
	h.watch(ctx)
	go r.play(ctx)
	return r, nil
}

// withOutput adds what the receiver printed last to the error of its start.
func withOutput(err error, output string) error {
	if output == "" {
		return err
	}
	return fmt.Errorf("%w; it printed:\n%s", err, ending(output, 2000))
}

// ending is s, or its end of at most that many bytes behind an ellipsis.
func ending(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return "…" + strings.ToValidUTF8(s[len(s)-most:], "")
}

func newRun(h *harness, selected Selection) *Run {
	r := &Run{
		harness: h, selected: selected, began: time.Now(), needs: map[string][]string{},
		outcomes: map[string]*outcome{}, done: make(chan struct{}), phasesRun: map[Phase]span{},
	}
	for _, s := range selected.Scenarios {
		r.outcomes[s.ID] = newOutcome()
	}
	for _, s := range selected.Scenarios {
		r.enlist(s, selected.Scenarios)
		r.tell(Event{ID: s.ID, State: Queued})
	}
	slices.SortStableFunc(r.order, func(a, b Scenario) int { return int(a.Phase - b.Phase) })
	return r
}

// enlist appends a scenario to the order, after those that it needs.
func (r *Run) enlist(s Scenario, selected []Scenario) {
	if _, listed := r.needs[s.ID]; listed {
		return
	}
	r.needs[s.ID] = nil
	for _, other := range selected {
		if slices.Contains(s.Needs, other.ID) {
			r.needs[s.ID] = append(r.needs[s.ID], other.ID)
			r.enlist(other, selected)
		}
	}
	r.order = append(r.order, s)
}

// Wait returns the report when all scenarios have ended.
func (r *Run) Wait() Report {
	<-r.done
	return r.report
}

// Result waits for the result of one scenario. It is an error when the
// scenario was not selected, or ctx ends first.
func (r *Run) Result(ctx context.Context, id string) (Result, error) {
	o := r.outcomes[id]
	if o == nil {
		return Result{}, fmt.Errorf("requirement %s is not in this run", id)
	}
	select {
	case <-o.done:
		return o.result, nil
	case <-ctx.Done():
		return Result{}, fmt.Errorf("waiting for %s: %w", id, context.Cause(ctx))
	}
}

// tell passes an event on, one at a time.
func (r *Run) tell(e Event) {
	if r.harness.cfg.Progress == nil {
		return
	}
	r.progress.Lock()
	defer r.progress.Unlock()
	r.harness.cfg.Progress(e)
}

// play runs everything to its end and writes the report.
func (r *Run) play(ctx context.Context) {
	defer close(r.done)
	ctx, r.stop = context.WithCancelCause(ctx)
	defer r.stop(nil)
	switch r.setup = r.preflight(ctx); {
	case r.setup != nil:
		r.dropAll(found(Blocked, "the setup", "in order", r.setup.Problem))
	case r.harness.cfg.Check:
		r.dropAll(found(Blocked, "the run", "all played", "only the setup was checked (--check)"))
	default:
		r.tell(Event{State: Queued}) // the run as such waits for nothing now
		r.playPhases(ctx)
	}
	r.tell(Event{State: Running, Text: "the receiver to stop"})
	stopped := r.harness.close(ctx)
	r.report = r.conclude(stopped)
}

// conclude makes the report of a run that has ended.
func (r *Run) conclude(stopped error) Report {
	cfg, hide := r.harness.cfg, r.harness.redactor
	report := Report{
		Version: cfg.Version, Command: hide.Command(cfg.Command),
		Name: hide.Text(cfg.Name), Endpoint: hide.Text(cfg.Endpoint), Profile: cfg.Profile.Name,
		Seed: cfg.Seed, Fast: cfg.Fast, APIURL: hide.Text(r.harness.apiURL), Began: r.began,
		EffectTimeout: cfg.EffectTimeout, RetryTimeout: cfg.RetryTimeout, Quiet: r.harness.timing.quiet,
		Declared: cfg.declared(hide), Catalogue: r.selected.Of, Phases: map[Phase]time.Duration{}, Output: hide.Text(r.harness.printed(0)),
	}
	for phase, t := range r.phasesRun {
		report.Phases[phase] = t.ended.Sub(t.began)
	}
	for _, p := range cfg.Probes {
		report.Probes = append(report.Probes, hide.Command(p.Name()))
	}
	for _, s := range r.selected.Scenarios {
		result := r.outcomes[s.ID].result
		report.Results = append(report.Results, result)
		// The context of a test ends before the run is waited for, which cuts nothing.
		report.Interrupted = report.Interrupted || result.CutShort()
	}
	seen, _ := r.harness.rhythm.Seen()
	report.Setup, report.Checked, report.Deaths = r.setup, cfg.Check, r.harness.deaths()
	report.Forms, report.Looks = r.forms, r.looks
	report.SlowestImport, report.SlowestRetry = seen.SlowestImport, seen.SlowestRetry
	if stopped != nil {
		report.Failure = hide.Text("The receiver did not stop: " + stopped.Error() + ".")
	}
	report.Duration = time.Since(r.began)
	return report
}

func (r *Run) scenario(id string) Scenario {
	return r.order[slices.IndexFunc(r.order, func(s Scenario) bool { return s.ID == id })]
}

func (r *Run) end(s Scenario, result Result) {
	result.Requirement, result.Phase, result.Requires = s.Requirement, s.Phase, s.Requires()
	result.EndsReceiver = s.endsReceiver()
	result.OutOfReach = result.EndsReceiver && r.harness.cfg.Handler != nil
	if result.Known = r.harness.cfg.KnownFailing[s.ID]; result.outdated() {
		result.Findings = append(result.Findings, found(
			Pass, "the list of known failures", "still right: "+result.Known, "the requirement is met: take it off the list",
		))
	}
	if result.Verdict == Fail && result.Known == "" {
		r.harness.rhythm.Fail()
		if r.failed.Add(1) == int64(r.harness.cfg.MaxFail) {
			r.stop(errEnough)
		}
	}
	o := r.outcomes[s.ID]
	o.result = redacted(r.harness.redactor, result)
	close(o.done)
	r.tell(Event{ID: s.ID, State: Done, Result: &o.result})
}
