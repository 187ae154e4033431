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
	r.playing.Wait()
	r.playAgain(ctx, whole, shared)
	r.begin(ctx, Kill, single)
	r.playing.Wait()
	r.playAgain(ctx, whole, shared)
	// What is listed last looks at the run as it is, and what comes before it in the
	// list may add to it: so the last begins first.
	for _, s := range slices.Backward(r.of(Final)) {
		r.beginEach(ctx, []Scenario{s}, single).Wait()
	}
	r.playing.Wait()
	r.playAgain(ctx, whole, shared)
}

func (r *Run) of(p Phase) []Scenario {
	return slices.DeleteFunc(slices.Clone(r.order), func(s Scenario) bool { return s.Phase != p })
}

// begin plays the scenarios of a phase in the background. What it returns is done
// when each of them has had a slot, or has ended without one.
func (r *Run) begin(ctx context.Context, p Phase, in slot) *sync.WaitGroup {
	return r.beginEach(ctx, r.of(p), in)
}

func (r *Run) beginEach(ctx context.Context, list []Scenario, in slot) *sync.WaitGroup {
	var begun sync.WaitGroup
	for _, s := range list {
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
			r.playOne(ctx, s, in)
		})
	}
	return &begun
}

// excluded says that a scenario is not played, and with which result.
// Prerequisites that take as long as an import, and all of an early scenario, are
// only looked at when they have ended; otherwise they are consulted at the end.
func (r *Run) excluded(ctx context.Context, s Scenario) (Result, bool) {
	if v, why := r.harness.cfg.excludes(s); v != "" {
		return Result{Verdict: v, Findings: []Finding{why}}, true
	}
	for _, id := range r.needs[s.ID] {
		need := r.outcomes[id]
		if !s.Early && !r.scenario(id).Effect {
			need.wait()
		}
		if need.ended() && need.result.unmet() && ctx.Err() == nil {
			return Result{Verdict: Blocked, Findings: blockedFinding(id, need.result.Verdict)}, true
		}
	}
	return Result{}, false
}

// playOne plays a scenario that has a slot. If the receiver ends by itself
// meanwhile, what was seen is no verdict, and the scenario is kept for later.
func (r *Run) playOne(ctx context.Context, s Scenario, in slot) {
	deaths := len(r.harness.deaths())
	result, broken := r.perform(ctx, s, in)
	if r.harness.diedSince(ctx, deaths, broken) && ctx.Err() == nil {
		r.interruptedLock.Lock()
		r.interrupted = append(r.interrupted, s)
		r.interruptedLock.Unlock()
		r.outcomes[s.ID].postpone()
		r.tell(Event{ID: s.ID, State: Queued})
		return
	}
	r.end(s, r.blocked(s, result))
}

// playAgain plays what was interrupted by the receiver's death. First come those
// that send what is out of the ordinary, one after the other: whatever makes it
// end again is the reason. Then come the others, together as before; and those
// that are interrupted once more one after the other.
func (r *Run) playAgain(ctx context.Context, whole, shared slot) {
	var others []Scenario
	for _, s := range r.takeInterrupted() {
		if s.odd() {
			r.playAlone(ctx, s, whole)
		} else {
			others = append(others, s)
		}
	}
	var playing sync.WaitGroup
	for _, s := range others {
		if r.ready(ctx, s, shared) {
			playing.Go(func() { r.playOne(ctx, s, shared) })
		}
	}
	playing.Wait()
	for _, s := range r.takeInterrupted() {
		r.playAlone(ctx, s, whole)
	}
}

// odd reports whether a scenario sends what is out of the ordinary.
func (s Scenario) odd() bool { return s.Group() == "SEC" || s.Group() == "FORM" || s.ID == "IDEM-03" }

func (r *Run) takeInterrupted() []Scenario {
	r.interruptedLock.Lock()
	defer r.interruptedLock.Unlock()
	again := r.interrupted
	r.interrupted = nil
	return again
}

// ready waits for the receiver to be alive and for a slot; if there is none, the
// scenario has ended.
func (r *Run) ready(ctx context.Context, s Scenario, in slot) bool {
	if !r.harness.awaitAlive(ctx) && ctx.Err() == nil {
		r.end(s, Result{Verdict: Blocked, Findings: []Finding{found(Blocked, "the receiver", "running", "it ended by itself, and can't be started again")}})
		return false
	}
	if err := in.acquire(ctx); err != nil {
		r.end(s, Result{Verdict: Blocked, Findings: notPlayed(ctx)})
		return false
	}
	return true
}

// playAlone plays a scenario while nothing else is sent. If the receiver ends by
// itself, this is the reason.
func (r *Run) playAlone(ctx context.Context, s Scenario, whole slot) {
	if !r.ready(ctx, s, whole) {
		return
	}
	began := len(r.harness.deaths())
	result, broken := r.perform(ctx, s, whole)
	if r.harness.diedSince(ctx, began, broken) {
		result.Verdict = Fail
		result.Findings = []Finding{Failure("the receiver", "goes on running", r.harness.deaths()[began].Sentence())}
		r.end(s, result)
		return
	}
	r.end(s, r.blocked(s, result))
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
		if need.ended() && need.result.unmet() {
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
