package scenarios

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// ConfigError is what the user can mend: the configuration is at fault, and
// nothing was sent.
type ConfigError struct{ err error }

func (e *ConfigError) Error() string { return e.err.Error() }
func (e *ConfigError) Unwrap() error { return e.err }

// Run is a run of the suite that is under way.
type Run struct {
	lab      *lab
	began    time.Time
	order    []Scenario // prerequisites first
	needs    map[string][]string
	outcomes map[string]*outcome
	judging  sync.WaitGroup
	done     chan struct{} // closed when report is complete
	report   Report

	progress sync.Mutex // held while Config.Progress is called

	laneTimes sync.Mutex
	lanesRun  map[Lane]span // guarded by laneTimes
}

// span is a time from a beginning to an end.
type span struct{ began, ended time.Time }

// outcome is the result of one scenario, readable once done is closed.
type outcome struct {
	done   chan struct{}
	result Result
}

// Start opens the simulated API, starts the receiver if it is told how, makes
// sure that the endpoint answers, and begins to play the selected scenarios,
// which go on in the background until Wait returns or ctx ends. A
// [*ConfigError] is the user's to mend; [ErrUnreachable] means that there is
// nothing to judge.
func Start(ctx context.Context, cfg Config, selected []Scenario) (*Run, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, &ConfigError{err}
	}
	if len(selected) == 0 {
		return nil, &ConfigError{errors.New("no scenario is selected")}
	}
	l, err := newLab(ctx, cfg)
	if err != nil {
		return nil, err
	}
	r := newRun(l, selected)
	r.tell(Event{State: Running, Text: "the endpoint to answer"})
	if err := l.open(ctx); err != nil {
		output := l.redactor.text(l.printed(0))
		return nil, l.redactor.hide(errors.Join(withOutput(err, output), l.close(ctx)))
	}
	go r.play(ctx)
	return r, nil
}

// withOutput adds what the receiver printed last to the error of its start.
func withOutput(err error, output string) error {
	if output == "" {
		return err
	}
	const most = 2000
	if len(output) > most {
		output = "…" + output[len(output)-most:]
	}
	return fmt.Errorf("%w; it printed:\n%s", err, output)
}

func newRun(l *lab, selected []Scenario) *Run {
	r := &Run{
		lab: l, began: time.Now(), needs: map[string][]string{},
		outcomes: map[string]*outcome{}, done: make(chan struct{}), lanesRun: map[Lane]span{},
	}
	for _, s := range selected {
		r.outcomes[s.ID] = &outcome{done: make(chan struct{})}
	}
	for _, s := range selected {
		r.enlist(s, selected)
		r.tell(Event{ID: s.ID, State: Queued})
	}
	slices.SortStableFunc(r.order, func(a, b Scenario) int { return int(a.Lane - b.Lane) })
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
	if r.lab.cfg.Progress == nil {
		return
	}
	r.progress.Lock()
	defer r.progress.Unlock()
	r.lab.cfg.Progress(e)
}

// play runs everything to its end and writes the report.
func (r *Run) play(ctx context.Context) {
	defer close(r.done)
	importing := r.warmUp(ctx)
	r.tell(Event{State: Queued}) // the run as such waits for nothing now
	r.lanes(ctx, importing)
	r.tell(Event{State: Running, Text: "the receiver to stop"})
	stopped := r.lab.close(ctx)
	r.report = r.conclude(ctx, stopped)
}

// conclude makes the report of a run that has ended.
func (r *Run) conclude(ctx context.Context, stopped error) Report {
	cfg, hide := r.lab.cfg, r.lab.redactor
	report := Report{
		Interrupted: ctx.Err() != nil, Version: cfg.Version, Command: hide.command(cfg.Command),
		Name: hide.text(cfg.Name), Endpoint: hide.text(cfg.Endpoint), Profile: cfg.Profile.Name,
		Seed: cfg.Seed, Fast: cfg.Fast, APIURL: hide.text(r.lab.apiURL), Began: r.began,
		EffectTimeout: cfg.EffectTimeout, RetryTimeout: cfg.RetryTimeout, Quiet: r.lab.timing.quiet,
		Declared: cfg.declared(hide), Lanes: map[Lane]time.Duration{}, Output: hide.text(r.lab.printed(0)),
	}
	for lane, t := range r.lanesRun {
		report.Lanes[lane] = t.ended.Sub(t.began)
	}
	for _, p := range cfg.Probes {
		report.Probes = append(report.Probes, hide.command(p.Name()))
	}
	for _, s := range Catalogue() {
		if o := r.outcomes[s.ID]; o != nil {
			report.Results = append(report.Results, o.result)
		}
	}
	if report.Verdict = overall(report.Results); stopped != nil && report.Verdict != Failed {
		report.Verdict = Broken
	}
	report.Duration = time.Since(r.began)
	return report
}

// warmUp sends one notification that is not judged, and reports whether the
// receiver asks the simulated API for anything because of it. A receiver that
// does not may not know the API's address, which is one finding and not twenty.
func (r *Run) warmUp(ctx context.Context) (importing bool) {
	s := r.stage(ctx, "", heldFloor{})
	defer func() {
		if p := recover(); p != nil {
			if _, ours := p.(stageError); !ours {
				panic(p)
			}
			importing = true // the scenarios will say what is wrong
		}
	}()
	job := s.FinishedJob(1)
	s.Notify("warm-up", job)
	if !s.acknowledged(job) {
		return true // ACK-01 will say so, and block the rest
	}
	until := time.Now().Add(r.lab.cfg.EffectTimeout)
	s.progress("the first call to the simulated API at "+r.lab.apiURL, until)
	for r.lab.traffic.seen() == 0 {
		if time.Now().After(until) {
			return false
		}
		s.check("waiting", sleep(ctx, r.lab.timing.poll))
	}
	return true
}

func (r *Run) scenario(id string) Scenario {
	return r.order[slices.IndexFunc(r.order, func(s Scenario) bool { return s.ID == id })]
}

func (r *Run) end(s Scenario, result Result) {
	result.Requirement, result.Lane = s.Requirement, s.Lane
	if result.Known = r.lab.cfg.KnownFailing[s.ID]; result.outdated() {
		result.Findings = append(result.Findings, Finding{
			Pass, "the list of known failures", "still right: " + result.Known, "the requirement is met: take it off the list",
		})
	}
	o := r.outcomes[s.ID]
	o.result = r.lab.redactor.result(result)
	close(o.done)
	r.tell(Event{ID: s.ID, State: Done, Result: &o.result})
}

func (r *Run) stage(ctx context.Context, id string, f floor) *Stage {
	return &Stage{
		lab: r.lab, ctx: ctx, floor: f, began: time.Now(), ends: map[int64]end{},
		recorded: map[Kind]int{}, printed: r.lab.mark(),
		progress: func(text string, until time.Time) {
			r.tell(Event{ID: id, State: Running, Text: text, Until: until})
		},
	}
}

// perform plays one scenario and judges what was seen.
func (r *Run) perform(ctx context.Context, s Scenario, f floor) (result Result) {
	stage := r.stage(ctx, s.ID, f)
	defer func() {
		result.Began, result.Duration = stage.began.Sub(r.began), time.Since(stage.began)
		r.took(s.Lane, stage.began)
		result.Waited = stage.waited
		result.Evidence, result.Output = stage.closing(), stage.output()
		switch p := recover().(type) {
		case nil:
		case stageError:
			result.Verdict, result.Findings = Errored, harnessFinding(p.err)
		case stageVerdict:
			result.Verdict, result.Findings = p.finding.Verdict, []Finding{p.finding}
		default:
			panic(p)
		}
	}()
	r.tell(Event{ID: s.ID, State: Running, Text: "began"})
	s.Play(stage)
	stage.collectCalls()
	result.Findings = s.Level.capped(s.Judge(stage.observation))
	result.Verdict = verdictOf(result.Findings)
	return result
}

// took widens the time of a lane by a scenario that ends now.
func (r *Run) took(l Lane, began time.Time) {
	r.laneTimes.Lock()
	defer r.laneTimes.Unlock()
	t, there := r.lanesRun[l]
	if !there || began.Before(t.began) {
		t.began = began
	}
	t.ended = time.Now()
	r.lanesRun[l] = t
}

func harnessFinding(err error) []Finding {
	if errors.Is(err, context.Canceled) {
		return []Finding{{Errored, "the run", "played to its end", "interrupted"}}
	}
	return []Finding{{Errored, "the harness", "no error", err.Error()}}
}

func blockedFinding(id string, v Verdict) []Finding {
	return []Finding{{Blocked, "prerequisite " + id, string(Pass), string(v)}}
}
