package mutants

import (
	"errors"

	"github.com/scrapehook/scrapehook/webhook"
)

func acceptsJunk() Mutant {
	return Mutant{
		Name: "accepts-junk", Requirement: "FORM-04",
		Summary: "answers 200 to a form without an id or a status, and does nothing",
		mutate: func(r *Receiver) {
			correct := r.parse
			r.parse = func(body []byte) (webhook.Notification, error) {
				n, err := correct(body)
				if bad := (*webhook.FieldError)(nil); errors.As(err, &bad) && bad.Field != "" {
					return webhook.Notification{}, nil // no status, so nothing is imported
				}
				return n, err
			}
		},
	}
}
