package mutants

import (
	"net/http"

	"github.com/scrapehook/scrapehook/webhook"
)

func redirects() Mutant {
	return Mutant{
		Name: "redirects", Requirement: "ACK-07",
		Summary: "stores the notification and sends the sender on to a page that says so, as after a form in a browser",
		mutate: func(r *Receiver) {
			r.handle = func(w http.ResponseWriter, req *http.Request, n webhook.Notification) {
				if err := r.store(n); err != nil {
					refuse(w, err)
					return
				}
				http.Redirect(w, req, "/stored", http.StatusFound)
			}
		},
	}
}
