package mutants

import (
	"net/http"
	"slices"
	"sync"

	"github.com/scrapehook/scrapehook/webhook"
)

// oneFileASitemap mixes only what comes slowly: a download of a piece or two is
// in its place before another begins.
func oneFileASitemap() Mutant {
	const slow = 10 // pieces
	return Mutant{
		Name: "one-file-a-sitemap", Requirement: "DATA-14",
		Summary: "downloads to a temporary file with the sitemap's name: of two downloads at once, one has the other's rows",
		mutate: func(r *Receiver) {
			correct, keep := r.handle, r.keep
			var mu sync.Mutex
			sitemap, writing, mixed := map[int64]int64{}, map[int64]map[int64]bool{}, map[int64]bool{}
			r.handle = func(w http.ResponseWriter, req *http.Request, n webhook.Notification) {
				mu.Lock()
				sitemap[n.JobID] = n.SitemapID
				mu.Unlock()
				correct(w, req, n)
			}
			r.readRows = readPieces(func(id int64, pieces int) error {
				mu.Lock()
				defer mu.Unlock()
				file, known := sitemap[id]
				if !known || pieces < slow {
					return nil
				}
				if writing[file] == nil {
					writing[file] = map[int64]bool{}
				}
				writing[file][id] = true
				mixed[id] = mixed[id] || len(writing[file]) > 1
				return nil
			})
			r.keep = func(id int64, rows [][]byte) [][]byte {
				mu.Lock()
				defer mu.Unlock()
				delete(writing[sitemap[id]], id)
				if mixed[id] && len(rows) > 1 { // the other's rows are under its own job, and gone here
					rows = slices.Concat(rows[:len(rows)/2], rows[:len(rows)-len(rows)/2])
				}
				return keep(id, rows)
			}
		},
	}
}
