package mutants

import (
	"net/http"
	"sync"

	"github.com/scrapehook/scrapehook/webhook"
)

func customIDOnce() Mutant {
	return Mutant{
		Name: "custom-id-once", Requirement: "IDEM-12",
		Summary: "takes a second job with a custom_id for a resend of the first",
		mutate: func(r *Receiver) {
			correct := r.handle
			var mu sync.Mutex
			jobs := map[string]int64{}
			r.handle = func(w http.ResponseWriter, req *http.Request, n webhook.Notification) {
				mu.Lock()
				first := jobs[n.CustomID]
				if n.CustomID != "" && first == 0 {
					jobs[n.CustomID] = n.JobID
				}
				mu.Unlock()
				if first != 0 && first != n.JobID {
					acknowledge(w)
					return
				}
				correct(w, req, n)
			}
		},
	}
}
