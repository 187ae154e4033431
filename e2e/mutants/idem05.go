package mutants

import (
	"net/http"

	"github.com/scrapehook/scrapehook/webhook"
)

func jobOnce() Mutant {
	return Mutant{
		Name: "job-once", Requirement: "IDEM-05",
		Summary: "takes a job's id for done for ever: what a continued job sends is swallowed",
		Also:    map[string]string{"IDEM-11": "a job that ends again under another status is the same job, too"},
		mutate: func(r *Receiver) {
			correct := r.handle
			var first seen[int64]
			r.handle = func(w http.ResponseWriter, req *http.Request, n webhook.Notification) {
				if !first.add(n.JobID) {
					acknowledge(w)
					return
				}
				correct(w, req, n)
			}
		},
	}
}
