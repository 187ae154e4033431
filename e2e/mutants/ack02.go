package mutants

import (
	"net/http"

	"github.com/scrapehook/scrapehook/webhook"
)

func finishedOnly() Mutant {
	return Mutant{
		Name: "finished-only", Requirement: "ACK-02",
		Summary: "knows no status but finished, and throws at the others",
		mutate: func(r *Receiver) {
			correct := r.handle
			r.handle = func(w http.ResponseWriter, req *http.Request, n webhook.Notification) {
				if n.Status.Ended() && n.Status != webhook.Finished {
					http.Error(w, "no case for status "+string(n.Status), http.StatusInternalServerError)
					return
				}
				correct(w, req, n)
			}
		},
	}
}
