package mutants

import (
	"fmt"

	"github.com/scrapehook/scrapehook/webhook"
)

func refusesUnknownStatus() Mutant {
	return Mutant{
		Name: "refuses-unknown-status", Requirement: "FORM-05",
		Summary: "refuses a status that it doesn't know, so that the vendor's next one is resent in vain",
		mutate: func(r *Receiver) {
			correct := r.parse
			r.parse = func(body []byte) (webhook.Notification, error) {
				n, err := correct(body)
				if err == nil && !n.Status.Known() {
					err = fmt.Errorf("there is no status %q", n.Status)
				}
				return n, err
			}
		},
	}
}
