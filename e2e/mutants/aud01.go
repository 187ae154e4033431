package mutants

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"sync"

	"github.com/scrapehook/scrapehook/webhook"
)

// remembersTheLast has its cache of known jobs from the end of its journal, so
// that only a restart shows how little it remembers.
func remembersTheLast() Mutant {
	const most = 64
	return Mutant{
		Name: "remembers-the-last", Requirement: "AUD-01",
		Summary: "knows the last 64 imports again when it starts, and adds the rows of an older job once more when that is notified again",
		mutate: func(r *Receiver) {
			forgotten := map[int64]bool{}
			for id, j := range r.ledger.jobs { // nobody else has the ledger yet
				forgotten[id] = j.State != "" && len(j.Rows) > 0
			}
			byAge := slices.SortedFunc(maps.Keys(r.ledger.jobs), func(a, b int64) int {
				return cmp.Compare(r.ledger.jobs[b].stored, r.ledger.jobs[a].stored)
			})
			for _, id := range byAge[:min(most, len(byAge))] {
				delete(forgotten, id)
			}
			var mu sync.Mutex
			again := map[int64]int{}
			correct := r.handle
			r.handle = func(w http.ResponseWriter, req *http.Request, n webhook.Notification) {
				if forgotten[n.JobID] {
					mu.Lock()
					again[n.JobID]++
					mu.Unlock()
				}
				correct(w, req, n)
			}
			r.copies = func(id int64, _ jobInfo) int {
				mu.Lock()
				defer mu.Unlock()
				return 1 + again[id]
			}
		},
	}
}
