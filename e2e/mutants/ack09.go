package mutants

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// shedsBursts has no trouble with one notification after the other, nor with
// copies of one.
func shedsBursts() Mutant {
	const (
		most = 60
		held = time.Second // of a connection, when another is under way
	)
	return Mutant{
		Name: "sheds-bursts", Requirement: "ACK-09",
		Summary: "has 60 connections to its database, refuses the 61st job at once, and keeps on refusing that job: its error page is cached",
		mutate: func(r *Receiver) {
			correct := r.handle
			var known, refused seen[int64]
			var open atomic.Int64
			r.handle = func(w http.ResponseWriter, req *http.Request, n webhook.Notification) {
				if known.add(n.JobID) {
					others := open.Add(1) - 1
					defer open.Add(-1)
					if others >= most {
						refused.add(n.JobID)
					} else if others > 0 && !pause(req.Context(), held) {
						return
					}
				}
				if refused.has(n.JobID) {
					http.Error(w, "too many connections", http.StatusServiceUnavailable)
					return
				}
				correct(w, req, n)
			}
		},
	}
}
