package scenarios

import (
	"context"
	"slices"
	"sync"

	"golang.org/x/sync/semaphore"
)

// playPhases plays the scenarios phase by phase. Together, they overlap as far as
// there are slots; the later phases begin as soon as the earlier ones have all
// ended or only wait for a time of their own.
func (r *Run) playPhases(ctx context.Context, importing bool) {
	slots := semaphore.NewWeighted(int64(r.harness.cfg.Concurrency))
	shared := sharedSlot{slots, 1}
	whole := sharedSlot{slots, int64(r.harness.cfg.Concurrency)}
	var playing sync.WaitGroup
	for _, s := range r.of(Together) {
		r.begin(ctx, &playing, s, shared, importing)
	}
	r.delayed(ctx, whole, importing)
	for _, phase := range []Phase{Alone, Kill} {
		in := slot(whole)
		if phase == Kill {
			playing.Wait() // also those that had given up their slot
			in = phaseSlot{}
		}
		for _, s := range r.of(phase) {
			var alone sync.WaitGroup
			r.begin(ctx, &alone, s, in, importing)
			alone.Wait()
		}
	}
	r.judging.Wait()
}

// delayed plays its phase as one: all slots are taken for it.
func (r *Run) delayed(ctx context.Context, whole slot, importing bool) {
	phase := r.of(Delayed)
	if len(phase) == 0 {
		return
	}
	if whole.acquire(ctx) == nil {
		defer whole.release()
	} // else ctx has ended, and each of them will find out
	var group sync.WaitGroup
	for _, s := range phase {
		// One that waits for another of its phase must not hold up the rest.
		group.Go(func() { r.begin(ctx, &group, s, phaseSlot{}, importing) })
	}
	group.Wait()
}

func (r *Run) of(p Phase) []Scenario {
	return slices.DeleteFunc(slices.Clone(r.order), func(s Scenario) bool { return s.Phase != p })
}

// begin plays a scenario in the background once it has a slot, unless a
// prerequisite has failed. Prerequisites that take as long as an import are
// waited for, and looked at, only when there is no sign of any import;
// otherwise they are consulted at the end. playing counts those that act on the
// receiver.
func (r *Run) begin(ctx context.Context, playing *sync.WaitGroup, s Scenario, in slot, importing bool) {
	for _, id := range r.needs[s.ID] {
		if r.scenario(id).Effect && importing {
			continue
		}
		need := r.outcomes[id]
		<-need.done
		if unmet(need.result.Verdict) && ctx.Err() == nil {
			r.end(s, Result{Verdict: Blocked, Findings: blockedFinding(id, need.result.Verdict)})
			return
		}
	}
	if ctx.Err() != nil {
		r.end(s, Result{Verdict: Errored, Findings: harnessFinding(context.Cause(ctx))})
		return
	}
	if v, why := r.harness.cfg.excludes(s); v != "" {
		r.end(s, Result{Verdict: v, Findings: []Finding{why}})
		return
	}
	if err := in.acquire(ctx); err != nil {
		r.end(s, Result{Verdict: Errored, Findings: harnessFinding(err)})
		return
	}
	playing.Add(1)
	r.judging.Go(func() {
		result := r.perform(ctx, s, in)
		in.release()
		playing.Done()
		r.end(s, r.blocked(s, result))
	})
}

// blocked waits for the prerequisites of what isn't right, because it may be
// their fault.
func (r *Run) blocked(s Scenario, result Result) Result {
	if result.Verdict == Pass || result.Verdict == Errored {
		return result
	}
	for _, id := range r.needs[s.ID] {
		need := r.outcomes[id]
		<-need.done
		if unmet(need.result.Verdict) {
			result.Verdict = Blocked
			result.Findings = append(blockedFinding(id, need.result.Verdict), result.Findings...)
		}
	}
	return result
}
