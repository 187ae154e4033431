package mutants

import (
	"net/http"

	"github.com/scrapehook/scrapehook/webhook"
)

func importsAgain() Mutant {
	return Mutant{
		Name: "imports-again", Requirement: "IDEM-01",
		Summary: "adds the job's rows at every notification, so that a resend doubles them",
		mutate: func(r *Receiver) {
			correct := r.handle
			var had effects
			r.copies = had.copies
			r.handle = func(w http.ResponseWriter, req *http.Request, n webhook.Notification) {
				had.add(n)
				correct(w, req, n)
			}
		},
	}
}
