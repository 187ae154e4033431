package mutants

import (
	"context"
	"net/http"

	"github.com/scrapehook/scrapehook/webhook"
)

func importingIsEnough() Mutant {
	return Mutant{
		Name: "importing-is-enough", Requirement: "IDEM-09",
		Summary: "drops a notification of a job whose rows it is downloading: they will be the latest anyhow",
		mutate: func(r *Receiver) {
			correct, download := r.handle, r.download
			var downloading seen[int64]
			r.download = func(ctx context.Context, id int64) ([][]byte, error) {
				downloading.add(id)
				defer downloading.remove(id)
				return download(ctx, id)
			}
			r.handle = func(w http.ResponseWriter, req *http.Request, n webhook.Notification) {
				if downloading.has(n.JobID) {
					acknowledge(w)
					return
				}
				correct(w, req, n)
			}
		},
	}
}
