package mutants

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// dropsBursts has room for what comes in any other requirement.
func dropsBursts() Mutant {
	const (
		most = 60
		held = 300 * time.Millisecond // of a place, when others are taken
	)
	return Mutant{
		Name: "drops-bursts", Requirement: "ACK-10",
		Summary: "has a queue of 60 places, and acknowledges what finds none, to drop it",
		mutate: func(r *Receiver) {
			correct := r.handle
			var known seen[int64]
			var open atomic.Int64
			r.handle = func(w http.ResponseWriter, req *http.Request, n webhook.Notification) {
				if !known.add(n.JobID) {
					correct(w, req, n)
					return
				}
				others := open.Add(1) - 1
				defer open.Add(-1)
				if others >= most {
					acknowledge(w)
					return
				}
				if others > 0 && !pause(req.Context(), held) {
					return
				}
				correct(w, req, n)
			}
		},
	}
}
