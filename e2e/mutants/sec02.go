package mutants

import (
	"errors"
	"net/http"

	"github.com/scrapehook/scrapehook/webhook"
)

func throwsAtMalformed() Mutant {
	return Mutant{
		Name: "throws-at-malformed", Requirement: "SEC-02",
		Summary: "throws at an escape that can't be decoded: 500 for what is the sender's fault",
		mutate: func(r *Receiver) {
			correct := r.parse
			r.parse = func(body []byte) (webhook.Notification, error) {
				n, err := correct(body)
				if bad := (*webhook.FieldError)(nil); errors.As(err, &bad) && bad.Field == "" {
					return n, &statusError{http.StatusInternalServerError, err}
				}
				return n, err
			}
		},
	}
}
