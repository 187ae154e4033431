package mutants

import (
	"errors"
	"net/http"
)

func wantsALength() Mutant {
	return Mutant{
		Name: "wants-a-length", Requirement: "FORM-07",
		Summary: "refuses a body whose length isn't declared",
		mutate: func(r *Receiver) {
			correct := r.body
			r.body = func(w http.ResponseWriter, req *http.Request) ([]byte, error) {
				if req.ContentLength < 0 {
					return nil, &statusError{http.StatusLengthRequired, errors.New("the body has no length")}
				}
				return correct(w, req)
			}
		},
	}
}
