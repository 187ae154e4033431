package mutants

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/scrapehook/scrapehook/webhook"
)

func pastesNames() Mutant {
	return Mutant{
		Name: "pastes-names", Requirement: "SEC-05",
		Summary: "pastes the sitemap's name into an SQL statement, which an apostrophe breaks: 500",
		mutate: func(r *Receiver) {
			correct := r.parse
			r.parse = func(body []byte) (webhook.Notification, error) {
				n, err := correct(body)
				if _, rest, broken := strings.Cut(n.SitemapName, "'"); err == nil && broken {
					err = &statusError{http.StatusInternalServerError, fmt.Errorf("syntax error at or near %q", rest)}
				}
				return n, err
			}
		},
	}
}
