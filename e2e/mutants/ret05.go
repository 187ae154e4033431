package mutants

import (
	"context"
	"errors"
	"net/http"
	"time"
)

func asksForTheGone() Mutant {
	const wait = 300 * time.Millisecond
	return Mutant{
		Name: "asks-for-the-gone", Requirement: "RET-05",
		Summary: "takes 404 for a passing error, and asks for the job again three times a second, for ever",
		mutate: func(r *Receiver) {
			ask, backoff := r.ask, r.backoff
			errNotYet := errors.New("the job is not there yet")
			r.ask = func(ctx context.Context, id int64) (jobInfo, error) {
				job, err := ask(ctx, id)
				if gone := (*apiError)(nil); errors.As(err, &gone) && gone.code == http.StatusNotFound {
					err = errNotYet
				}
				return job, err
			}
			r.backoff = func(failed int, err error) time.Duration {
				if errors.Is(err, errNotYet) {
					return wait
				}
				return backoff(failed, err)
			}
		},
	}
}
