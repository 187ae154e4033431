package mutants

import "context"

func asksTooOften() Mutant {
	const times = 5
	return Mutant{
		Name: "asks-too-often", Requirement: "API-01",
		Summary: "asks the cloud for a job anew wherever it needs one of its fields: five times",
		mutate: func(r *Receiver) {
			ask := r.ask
			r.ask = func(ctx context.Context, id int64) (job jobInfo, err error) {
				for range times {
					if job, err = ask(ctx, id); err != nil {
						break
					}
				}
				return job, err
			}
		},
	}
}
