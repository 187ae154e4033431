package scenarios

import (
	"context"
	"slices"
	"sync"

	"golang.org/x/sync/semaphore"
)

// playPhases plays the scenarios phase by phase. Those that overlap begin at
// once, as far as there are slots, and those that are held up by us begin first,
// because their effects come last. A scenario that only waits has given up its
// slot; so what needs the receiver to itself begins when the rest has sent all
// that it has to send. What kills the receiver begins when everything else has
// ended, one kill after the other; their effects are awaited together.
func (r *Run) playPhases(ctx context.Context) {
	slots := semaphore.NewWeighted(int64(r.harness.cfg.Concurrency))
	shared, whole := sharedSlot{slots, 1}, sharedSlot{slots, int64(r.harness.cfg.Concurrency)}
	single := sharedSlot{semaphore.NewWeighted(1), 1}
	r.begin(ctx, Delayed, shared)
	r.begin(ctx, Together, shared).Wait()
	r.begin(ctx, Alone, whole)
	for _, phase := range []Phase{Kill, Final} {
		r.playing.Wait()
		r.playAgain(ctx, whole)
		r.begin(ctx, phase, single)
	}
	r.playing.Wait()
	r.playAgain(ctx, whole)
}

func (r *Run) of(p Phase) []Scenario {
	return slices.DeleteFunc(slices.Clone(r.order), func(s Scenario) bool { return s.Phase != p })
}

// begin plays the scenarios of a phase in the background. What it returns is done
// when each of them has had a slot, or has ended without one.
func (r *Run) begin(ctx context.Context, p Phase, in slot) *sync.WaitGroup {
	var begun sync.WaitGroup
	for _, s := range r.of(p) {
		begun.Add(1)
		r.playing.Go(func() {
			began := sync.OnceFunc(begun.Done)
			defer began()
			if result, out := r.excluded(ctx, s); out {
				r.end(s, result)
				return
			}
			if err := in.acquire(ctx); err != nil {
				r.end(s, Result{Verdict: Blocked, Findings: notPlayed(ctx)})
				return
			}
			began()
			deaths := len(r.harness.deaths())
			result := r.perform(ctx, s, in)
			if len(r.harness.deaths()) > deaths && ctx.Err() == nil {
				r.interrupt(s)
				return
			}
			r.end(s, r.blocked(s, result))
		})
	}
	return &begun
}

// excluded says that a scenario is not played, and with which result.
// Prerequisites that take as long as an import are only looked at when they have
// ended; otherwise they are consulted at the end.
func (r *Run) excluded(ctx context.Context, s Scenario) (Result, bool) {
	if v, why := r.harness.cfg.excludes(s); v != "" {
		return Result{Verdict: v, Findings: []Finding{why}}, true
	}
	for _, id := range r.needs[s.ID] {
		need := r.outcomes[id]
		if !r.scenario(id).Effect {
			need.wait()
		}
		if need.ended() && unmet(need.result.Verdict) && ctx.Err() == nil {
			return Result{Verdict: Blocked, Findings: blockedFinding(id, need.result.Verdict)}, true
		}
	}
	return Result{}, false
}

// interrupt keeps a scenario for later, because the receiver ended by itself
// while it was played: what was seen of a dead process is no verdict.
func (r *Run) interrupt(s Scenario) {
	r.interruptedLock.Lock()
	defer r.interruptedLock.Unlock()
	r.interrupted = append(r.interrupted, s)
	close(r.outcomes[s.ID].postponed)
	r.tell(Event{ID: s.ID, State: Queued})
}

// playAgain plays what was interrupted by the receiver's death, one after the
// other. What makes it end again is the reason.
func (r *Run) playAgain(ctx context.Context, whole slot) {
	r.interruptedLock.Lock()
	again := r.interrupted
	r.interrupted = nil
	r.interruptedLock.Unlock()
	for _, s := range again {
		if !r.harness.awaitAlive(ctx) {
			r.end(s, Result{Verdict: Blocked, Findings: []Finding{found(Blocked, "the receiver", "running", "it ended by itself, and can't be started again")}})
			continue
		}
		if err := whole.acquire(ctx); err != nil {
			r.end(s, Result{Verdict: Blocked, Findings: notPlayed(ctx)})
			continue
		}
		began := len(r.harness.deaths())
		result := r.perform(ctx, s, whole)
		if deaths := r.harness.deaths(); len(deaths) > began {
			result.Verdict = Fail
			result.Findings = slices.Insert(result.Findings, 0, Failure("the receiver", "goes on running", deaths[began].sentence()))
		}
		r.end(s, r.blocked(s, result))
	}
}

// blocked waits for the prerequisites of what isn't right, because it may be
// their fault.
func (r *Run) blocked(s Scenario, result Result) Result {
	if result.Verdict == Pass || result.Verdict == Errored {
		return result
	}
	for _, id := range r.needs[s.ID] {
		need := r.outcomes[id]
		need.wait()
		if need.ended() && unmet(need.result.Verdict) {
			result.Verdict = Blocked
			result.Findings = append(blockedFinding(id, need.result.Verdict), result.Findings...)
		}
	}
	return result
}

// notPlayed says why a run has ended before a scenario was played.
func notPlayed(ctx context.Context) []Finding {
	return []Finding{found(Blocked, "the run", "played to its end", stopReason(ctx))}
}
