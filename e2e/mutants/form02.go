package mutants

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/scrapehook/scrapehook/webhook"
)

func refusesUnknownFields() Mutant {
	return Mutant{
		Name: "refuses-unknown-fields", Requirement: "FORM-02",
		Summary: "validates the form against the four fields of the documentation's example, and refuses any other",
		mutate: func(r *Receiver) {
			correct := r.parse
			r.parse = func(body []byte) (webhook.Notification, error) {
				n, err := correct(body)
				if err != nil {
					return n, err
				}
				form, err := url.ParseQuery(string(body))
				for field := range form {
					switch field {
					case webhook.FieldJobID, webhook.FieldStatus, webhook.FieldSitemapID, webhook.FieldSitemapName:
					default:
						err = &statusError{http.StatusUnprocessableEntity, fmt.Errorf("there is no field %q", field)}
					}
				}
				return n, err
			}
		},
	}
}
