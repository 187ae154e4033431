package mutants

import (
	"net/http"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// oneAtATime takes two at once in time, the second after four seconds, and
// four only after twelve. A copy of a notification doesn't wait.
func oneAtATime() Mutant {
	const (
		held  = 500 * time.Millisecond
		retry = 4 * time.Second
	)
	return Mutant{
		Name: "one-at-a-time", Requirement: "ACK-05",
		Summary: "locks the sitemap while it takes a job, and looks every 4 s whether the lock is free",
		Also:    map[string]string{"DATA-14": "its jobs are of one sitemap, and arrive at the same moment"},
		mutate: func(r *Receiver) {
			correct := r.handle
			var known seen[int64]
			var locks sync.Map // sitemap id: *sync.Mutex
			r.handle = func(w http.ResponseWriter, req *http.Request, n webhook.Notification) {
				if known.add(n.JobID) {
					lock, _ := locks.LoadOrStore(n.SitemapID, new(sync.Mutex))
					mutex := lock.(*sync.Mutex) //nolint:forcetypeassert // nothing else is stored
					for !mutex.TryLock() {
						if !pause(req.Context(), retry) {
							return
						}
					}
					defer mutex.Unlock()
					if !pause(req.Context(), held) {
						return
					}
				}
				correct(w, req, n)
			}
		},
	}
}
