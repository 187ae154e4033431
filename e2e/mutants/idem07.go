package mutants

import (
	"context"
	"net/http"
	"sync"

	"github.com/scrapehook/scrapehook/webhook"
)

func believesTheForm() Mutant {
	return Mutant{
		Name: "believes-the-form", Requirement: "IDEM-07",
		Summary: "clears the rows of a job whose last notification says failed, without asking the cloud",
		Also:    map[string]string{"IDEM-10": "of two statuses at the same moment it believes whichever it read last"},
		mutate: func(r *Receiver) {
			handle, fetch := r.handle, r.fetch
			var last sync.Map // job id: webhook.Status
			r.handle = func(w http.ResponseWriter, req *http.Request, n webhook.Notification) {
				last.Store(n.JobID, n.Status)
				handle(w, req, n)
			}
			r.fetch = func(ctx context.Context, id int64, have imported) (imported, error) {
				if status, _ := last.Load(id); status == webhook.Failed {
					return imported{State: "failed"}, nil
				}
				return fetch(ctx, id, have)
			}
		},
	}
}
