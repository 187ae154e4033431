package mutants

import (
	"context"
	"errors"
)

func statusCallOnce() Mutant {
	return Mutant{
		Name: "status-call-once", Requirement: "RET-02",
		Summary: "tries downloads again, but takes any error of the call before them for a job that is gone",
		mutate: func(r *Receiver) {
			ask := r.ask
			errGone := errors.New("there seems to be no such job")
			r.abandon = func(err error) bool { return errors.Is(err, errGone) }
			r.ask = func(ctx context.Context, id int64) (jobInfo, error) {
				job, err := ask(ctx, id)
				if err != nil && ctx.Err() == nil {
					err = errors.Join(err, errGone)
				}
				return job, err
			}
		},
	}
}
