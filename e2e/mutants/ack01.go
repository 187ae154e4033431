package mutants

import (
	"net/http"

	"github.com/scrapehook/scrapehook/webhook"
)

func neverAcknowledges() Mutant {
	return Mutant{
		Name: "never-acknowledges", Requirement: "ACK-01",
		Summary: "stores a finished job's notification, then throws while it answers: 500 each time",
		mutate: func(r *Receiver) {
			correct := r.handle
			r.handle = func(w http.ResponseWriter, req *http.Request, n webhook.Notification) {
				if n.Status != webhook.Finished {
					correct(w, req, n)
					return
				}
				if err := r.store(n); err != nil {
					refuse(w, err)
					return
				}
				http.Error(w, "undefined method \"render\"", http.StatusInternalServerError)
			}
		},
	}
}
