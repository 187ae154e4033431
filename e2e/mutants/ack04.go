package mutants

import (
	"net/http"

	"github.com/scrapehook/scrapehook/webhook"
)

func importsFirst() Mutant {
	return Mutant{
		Name: "imports-first", Requirement: "ACK-04",
		Summary: "tries the import in the handler, and answers when the try is over",
		mutate: func(r *Receiver) {
			correct := r.handle
			r.handle = func(w http.ResponseWriter, req *http.Request, n webhook.Notification) {
				if !n.Status.Ended() {
					correct(w, req, n)
					return
				}
				begin, err := r.ledger.notify(n)
				if err != nil {
					refuse(w, err)
					return
				}
				if begin {
					upTo, have, _ := r.ledger.next(n.JobID)
					// What fails here is tried again, later.
					if err := r.importOnce(req.Context(), n.JobID, upTo, have); err != nil {
						pause(req.Context(), r.backoff(1, err))
					}
					r.queue <- n.JobID
				}
				acknowledge(w)
			}
		},
	}
}
