package mutants

import (
	"context"
	"time"
)

func tidiesUp() Mutant {
	const lingers = time.Second // so that there is something in it
	return Mutant{
		Name: "tidies-up", Requirement: "DUR-03",
		Summary: "empties its queue when it is asked to stop, as if the imports in it were done",
		Also:    map[string]string{"DUR-02": "its job may be in the queue when DUR-03 stops the receiver"},
		mutate: func(r *Receiver) {
			r.linger = lingers
			r.background = func(ctx context.Context) {
				<-ctx.Done()
				for _, id := range r.ledger.unsettled() {
					r.strike(id)
				}
			}
		},
	}
}
