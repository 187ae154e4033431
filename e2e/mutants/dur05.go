package mutants

import (
	"net/http"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// answersWhileStarting starts slowly only when it has something to read.
func answersWhileStarting() Mutant {
	const start = 300 * time.Millisecond
	return Mutant{
		Name: "answers-while-starting", Requirement: "DUR-05",
		Summary: "reads its journal for 300 ms after a restart, has room for one notification meanwhile, and acknowledges more to drop them",
		mutate: func(r *Receiver) {
			correct := r.handle
			var once sync.Once
			ready := time.Now()
			if len(r.ledger.jobs) > 0 { // nobody else has the ledger yet
				ready = ready.Add(start)
			}
			r.handle = func(w http.ResponseWriter, req *http.Request, n webhook.Notification) {
				keep := time.Now().After(ready)
				once.Do(func() { keep = true })
				if !keep {
					acknowledge(w)
					return
				}
				correct(w, req, n)
			}
		},
	}
}
