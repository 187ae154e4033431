package mutants

import (
	"fmt"
	"net/http"

	"github.com/scrapehook/scrapehook/webhook"
)

func refusesLongNames() Mutant {
	const limit = 255
	return Mutant{
		Name: "refuses-long-names", Requirement: "FORM-09",
		Summary: "keeps names in a column of 255 bytes, and refuses a longer one",
		mutate: func(r *Receiver) {
			correct := r.parse
			r.parse = func(body []byte) (webhook.Notification, error) {
				n, err := correct(body)
				if err == nil && len(n.SitemapName) > limit {
					err = &statusError{http.StatusUnprocessableEntity, fmt.Errorf("data too long for column %q", webhook.FieldSitemapName)}
				}
				return n, err
			}
		},
	}
}
