package mutants

import (
	"net/http"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

func remembersDeliveredAnswers() Mutant {
	const settle = 500 * time.Millisecond // in which a sender that hangs up is noticed
	return Mutant{
		Name: "remembers-delivered-answers", Requirement: "IDEM-03",
		Summary: "forgets a notification whose answer could not be written in full, though its import is under way",
		mutate: func(r *Receiver) {
			var known seen[form]
			var had effects
			r.copies = had.copies
			r.handle = func(w http.ResponseWriter, req *http.Request, n webhook.Notification) {
				isNew := known.add(formOf(n)) // also while the first is under way: copies at once are no news
				if isNew {
					had.add(n)
				}
				if err := r.store(n); err != nil {
					refuse(w, err)
					return
				}
				w.WriteHeader(http.StatusOK)
				_ = http.NewResponseController(w).Flush() // the pause shows whether anybody is there
				if isNew && !pause(req.Context(), settle) {
					known.remove(formOf(n))
				}
				acknowledge(w)
			}
		},
	}
}

func abandonsTheHungUp() Mutant {
	const work = 200 * time.Millisecond // before it stores anything
	return Mutant{
		Name: "abandons-the-hung-up", Requirement: "IDEM-03",
		Summary: "stops when its sender hangs up, and takes the resend for one that it has seen",
		mutate: func(r *Receiver) {
			var abandoned seen[form]
			handle := r.handle
			r.handle = func(w http.ResponseWriter, req *http.Request, n webhook.Notification) {
				switch {
				case abandoned.has(formOf(n)):
					acknowledge(w)
				case pause(req.Context(), work):
					handle(w, req, n)
				default:
					abandoned.add(formOf(n))
				}
			}
		},
	}
}
