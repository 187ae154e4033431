package mutants

import (
	"net/http"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// forgetsAnswered tells a late duplicate from the resend after a lost answer,
// which comes late too, by waiting whether the sender hangs up.
func forgetsAnswered() Mutant {
	const (
		settle = 300 * time.Millisecond // in which a sender that hangs up is noticed
		memory = time.Second
	)
	return Mutant{
		Name: "forgets-answered", Requirement: "IDEM-04",
		Summary: "forgets a notification a second after the sender has read the answer, and takes it for news when it comes again",
		mutate: func(r *Receiver) {
			var known seen[form]
			var answered expiring[form]
			var had effects
			r.copies = had.copies
			r.handle = func(w http.ResponseWriter, req *http.Request, n webhook.Notification) {
				key := formOf(n)
				if answered.expired(key) {
					known.remove(key)
				}
				isNew := known.add(key)
				if isNew {
					had.add(n)
				}
				if err := r.store(n); err != nil {
					refuse(w, err)
					return
				}
				w.WriteHeader(http.StatusOK)
				_ = http.NewResponseController(w).Flush() // the pause shows whether anybody is there
				if isNew && pause(req.Context(), settle) {
					answered.expire(key, memory)
				}
				acknowledge(w)
			}
		},
	}
}
