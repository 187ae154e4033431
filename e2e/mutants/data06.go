package mutants

import (
	"errors"
	"net/http"
)

func givesUp() Mutant {
	return Mutant{
		Name: "gives-up", Requirement: "DATA-06",
		Summary: "takes 429 for the end of the matter: the job was acknowledged, so it is lost",
		mutate: func(r *Receiver) {
			r.abandon = func(err error) bool {
				refused := (*apiError)(nil)
				return errors.As(err, &refused) && refused.code == http.StatusTooManyRequests
			}
		},
	}
}
