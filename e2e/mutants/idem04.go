package mutants

import (
	"net/http"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

func forgetsEarly() Mutant {
	const memory = 2 * time.Second // longer than the quickest resend, shorter than an import's end and some quiet
	return Mutant{
		Name: "forgets-early", Requirement: "IDEM-04",
		Summary: "remembers a notification in a cache that expires, and takes what comes later for news",
		mutate: func(r *Receiver) {
			correct := r.handle
			var cache recent[form]
			var had effects
			r.copies = had.copies
			r.handle = func(w http.ResponseWriter, req *http.Request, n webhook.Notification) {
				if cache.add(formOf(n), memory) {
					had.add(n)
				}
				correct(w, req, n)
			}
		},
	}
}
