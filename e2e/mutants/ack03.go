package mutants

import (
	"net/http"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

func dawdles() Mutant {
	const lookup = 1300 * time.Millisecond
	return Mutant{
		Name: "dawdles", Requirement: "ACK-03",
		Summary: "looks up the sender's name before each answer, which takes more than a second, but holds up nobody else",
		mutate: func(r *Receiver) {
			correct := r.handle
			r.handle = func(w http.ResponseWriter, req *http.Request, n webhook.Notification) {
				if pause(req.Context(), lookup) {
					correct(w, req, n)
				}
			}
		},
	}
}
