package mutants

import (
	"net/http"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// answersWhileStarting starts slowly when it has something to read. What asks
// whether it is ready is told the truth meanwhile.
func answersWhileStarting() Mutant {
	const start = 300 * time.Millisecond
	return Mutant{
		Name: "answers-while-starting", Requirement: "DUR-05",
		Summary: "reads its journal for 300 ms after a restart, and acknowledges what comes meanwhile to drop it",
		mutate: func(r *Receiver) {
			correct := r.handle
			ready := time.Now()
			if len(r.ledger.jobs) > 0 { // nobody else has the ledger yet
				ready = ready.Add(start)
			}
			r.starting = func() bool { return time.Now().Before(ready) }
			r.handle = func(w http.ResponseWriter, req *http.Request, n webhook.Notification) {
				if r.starting() {
					acknowledge(w)
					return
				}
				correct(w, req, n)
			}
		},
	}
}
