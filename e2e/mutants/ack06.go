package mutants

import (
	"net/http"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

func waitsForImports() Mutant {
	const (
		tooMany = 32 // that are imported, or wait for it
		look    = 20 * time.Millisecond
	)
	return Mutant{
		Name: "waits-for-imports", Requirement: "ACK-06",
		Summary: "has a queue of 16 for its 16 importers, and waits for room in it: while 16 are busy and 16 more wait, it doesn't answer",
		mutate: func(r *Receiver) {
			correct := r.handle
			var mu sync.Mutex // held from the look into the queue to the place in it
			take := func(w http.ResponseWriter, req *http.Request, n webhook.Notification) (taken bool) {
				mu.Lock()
				defer mu.Unlock()
				if r.ledger.busy() >= tooMany {
					return false
				}
				correct(w, req, n)
				return true
			}
			r.handle = func(w http.ResponseWriter, req *http.Request, n webhook.Notification) {
				for !take(w, req, n) && pause(req.Context(), look) {
				}
			}
		},
	}
}
