package mutants

import (
	"net/http"

	"github.com/scrapehook/scrapehook/webhook"
)

func formOnce() Mutant {
	return Mutant{
		Name: "form-once", Requirement: "IDEM-06",
		Summary: "takes the same job with the same status for a resend for ever, though the job was continued in between",
		mutate: func(r *Receiver) {
			correct := r.handle
			var known seen[form]
			r.handle = func(w http.ResponseWriter, req *http.Request, n webhook.Notification) {
				if !known.add(formOf(n)) {
					acknowledge(w)
					return
				}
				correct(w, req, n)
			}
		},
	}
}
