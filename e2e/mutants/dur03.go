package mutants

import "context"

func tidiesUp() Mutant {
	return Mutant{
		Name: "tidies-up", Requirement: "DUR-03",
		Summary: "empties its queue when it is asked to stop, as if the imports in it were done",
		mutate: func(r *Receiver) {
			r.background = func(ctx context.Context) {
				<-ctx.Done()
				for _, id := range r.ledger.unsettled() {
					r.strike(id)
				}
			}
		},
	}
}
