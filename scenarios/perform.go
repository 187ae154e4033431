package scenarios

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
)

func (r *Run) driver(ctx context.Context, id string, in slot) *Driver {
	ctx, cancel := context.WithCancel(ctx)
	return &Driver{
		harness: r.harness, ctx: ctx, cancel: cancel, slot: in, inSlot: true, scenario: id, began: time.Now(), ends: map[int64]end{},
		recorded: map[Kind]int{}, printed: r.harness.mark(),
		progress: func(text string, until time.Time) {
			r.tell(Event{ID: id, State: Running, Text: text, Until: until})
		},
	}
}

// perform plays one scenario, which has a slot, and judges what was seen. broken
// says that a connection broke.
func (r *Run) perform(ctx context.Context, s Scenario, in slot) (result Result, broken bool) {
	run := ctx
	ctx, cancel := r.harness.whileAlive(ctx)
	defer cancel()
	driver := r.driver(ctx, s.ID, in)
	seen, _ := r.harness.rhythm.Seen()
	driver.delayed = seen.Delayed
	defer func() {
		driver.leave()
		driver.end()
		broken = slices.ContainsFunc(driver.observation.Exchanges, func(x Exchange) bool {
			return x.Status == 0 && x.Reason != delivery.Timeout
		})
		result.Began, result.Duration = driver.began.Sub(r.began), time.Since(driver.began)
		r.took(s.Phase, driver.began)
		result.Waited = driver.waited
		result.Evidence, result.Output = driver.closing(), driver.output()
		switch p := recover().(type) {
		case nil:
		case scenarioError:
			result.Verdict, result.Findings = Errored, []Finding{found(Errored, "the harness", "no error", p.err.Error())}
			if ctx.Err() != nil {
				result.Verdict, result.Findings = Blocked, notPlayed(run)
			}
		case scenarioVerdict:
			result.Verdict, result.Findings = p.finding.Verdict, []Finding{p.finding}
		default:
			panic(p)
		}
	}()
	r.tell(Event{ID: s.ID, State: Running, Text: "began"})
	s.Play(driver)
	driver.collectCalls()
	result.Findings = s.Level.capped(s.Judge(driver.observation))
	if result.Verdict = VerdictOf(result.Findings); result.Verdict == Pass {
		r.harness.ledger.enter(driver)
	}
	return result, broken
}

// took widens the time of a phase by a scenario that ends now.
func (r *Run) took(p Phase, began time.Time) {
	r.phaseTimes.Lock()
	defer r.phaseTimes.Unlock()
	t, there := r.phasesRun[p]
	if !there || began.Before(t.began) {
		t.began = began
	}
	t.ended = time.Now()
	r.phasesRun[p] = t
}

// errEnough ends a run after as many failures as the user wants.
var errEnough = errors.New("not played: enough has failed (--max-fail)")

// stopReason says for people why a run has ended early.
func stopReason(ctx context.Context) string {
	if cause := context.Cause(ctx); errors.Is(cause, errEnough) {
		return cause.Error()
	}
	return interrupted
}

// interrupted is what became of a run that was stopped before a scenario had
// ended.
const interrupted = "interrupted"

func blockedFinding(id string, v Verdict) []Finding {
	return []Finding{found(Blocked, "prerequisite "+id, string(Pass), string(v))}
}
