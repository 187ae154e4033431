package mutants

import (
	"context"
	"errors"
)

func retriesInMemory() Mutant {
	return Mutant{
		Name: "retries-in-memory", Requirement: "RET-04",
		Summary: "strikes a job off its journal when a download is refused, and keeps the next try in memory",
		mutate: func(r *Receiver) {
			fetch := r.fetch
			r.fetch = func(ctx context.Context, id int64, have imported) (imported, error) {
				got, err := fetch(ctx, id, have)
				refused := (*apiError)(nil)
				if !errors.As(err, &refused) {
					return got, err
				}
				r.strike(id)
				for failed := 1; err != nil && pause(ctx, r.backoff(failed, err)); failed++ {
					got, err = fetch(ctx, id, have)
				}
				return got, err
			}
		},
	}
}
