package mutants

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// lastWriterWins is slower at a failed job, because it mails somebody first.
func lastWriterWins() Mutant {
	const mailing = 300 * time.Millisecond
	return Mutant{
		Name: "last-writer-wins", Requirement: "IDEM-10",
		Summary: "keeps one status a job, reads it at the beginning of a request and writes it at the end: failed, which takes longer, overwrites a finished that came meanwhile",
		mutate: func(r *Receiver) {
			correct, fetch := r.handle, r.fetch
			var mu sync.Mutex
			failing, struck := map[int64]int{}, map[int64]bool{}
			r.handle = func(w http.ResponseWriter, req *http.Request, n webhook.Notification) {
				mu.Lock()
				switch {
				case n.Status == webhook.Failed:
					failing[n.JobID]++
				case failing[n.JobID] > 0:
					struck[n.JobID] = true
				}
				mu.Unlock()
				if n.Status == webhook.Failed {
					pause(req.Context(), mailing)
					mu.Lock()
					failing[n.JobID]--
					mu.Unlock()
				}
				correct(w, req, n)
			}
			r.fetch = func(ctx context.Context, id int64, have imported) (imported, error) {
				mu.Lock()
				failed := struck[id]
				mu.Unlock()
				if failed {
					return imported{}, nil
				}
				return fetch(ctx, id, have)
			}
		},
	}
}
