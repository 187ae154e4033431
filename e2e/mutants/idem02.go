package mutants

import (
	"net/http"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

func checksThenActs() Mutant {
	const between = 500 * time.Millisecond // so that every run shows it
	return Mutant{
		Name: "checks-then-acts", Requirement: "IDEM-02",
		Summary: "looks whether the notification is known, and remembers it half a second later: copies at once all pass",
		mutate: func(r *Receiver) {
			correct := r.handle
			var known seen[form]
			var had effects
			r.copies = had.copies
			r.handle = func(w http.ResponseWriter, req *http.Request, n webhook.Notification) {
				if !known.has(formOf(n)) {
					pause(req.Context(), between)
					known.add(formOf(n))
					had.add(n)
				}
				correct(w, req, n)
			}
		},
	}
}
