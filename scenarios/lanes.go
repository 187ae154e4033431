package scenarios

import (
	"context"
	"slices"
	"sync"

	"golang.org/x/sync/semaphore"
)

// lanes plays the scenarios lane by lane. Together, they overlap as far as
// there are places; the later lanes begin as soon as the earlier ones have all
// ended or only wait for a time of their own.
func (r *Run) lanes(ctx context.Context, importing bool) {
	places := semaphore.NewWeighted(int64(r.lab.cfg.Concurrency))
	shared := sharedFloor{places, 1}
	whole := sharedFloor{places, int64(r.lab.cfg.Concurrency)}
	var playing sync.WaitGroup
	for _, s := range r.lane(Together) {
		r.begin(ctx, &playing, s, shared, importing)
	}
	r.delayed(ctx, whole, importing)
	for _, lane := range []Lane{Alone, Kill} {
		f := floor(whole)
		if lane == Kill {
			playing.Wait() // also those that had left the floor
			f = heldFloor{}
		}
		for _, s := range r.lane(lane) {
			var alone sync.WaitGroup
			r.begin(ctx, &alone, s, f, importing)
			alone.Wait()
		}
	}
	r.judging.Wait()
}

// delayed plays its lane as one: the floor is taken for all of it.
func (r *Run) delayed(ctx context.Context, whole floor, importing bool) {
	lane := r.lane(Delayed)
	if len(lane) == 0 {
		return
	}
	if whole.enter(ctx) == nil {
		defer whole.leave()
	} // else ctx has ended, and each of them will find out
	var group sync.WaitGroup
	for _, s := range lane {
		// One that waits for another of its lane must not hold up the rest.
		group.Go(func() { r.begin(ctx, &group, s, heldFloor{}, importing) })
	}
	group.Wait()
}

func (r *Run) lane(l Lane) []Scenario {
	return slices.DeleteFunc(slices.Clone(r.order), func(s Scenario) bool { return s.Lane != l })
}

// begin plays a scenario in the background once it has the floor, unless a
// prerequisite has failed. Prerequisites that take as long as an import are
// waited for, and looked at, only when there is no sign of any import;
// otherwise they are consulted at the end. playing counts those that act on the
// receiver.
func (r *Run) begin(ctx context.Context, playing *sync.WaitGroup, s Scenario, f floor, importing bool) {
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
	if v, why := r.lab.cfg.excludes(s); v != "" {
		r.end(s, Result{Verdict: v, Findings: []Finding{why}})
		return
	}
	if err := f.enter(ctx); err != nil {
		r.end(s, Result{Verdict: Errored, Findings: harnessFinding(err)})
		return
	}
	playing.Add(1)
	r.judging.Go(func() {
		result := r.perform(ctx, s, f)
		f.leave()
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
