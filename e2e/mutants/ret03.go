package mutants

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

func headOfLine() Mutant {
	const look = 20 * time.Millisecond
	return Mutant{
		Name: "head-of-line", Requirement: "RET-03",
		Summary: "has a queue for each sitemap, and does not go on in it before its first job is imported",
		mutate: func(r *Receiver) {
			correct, download := r.handle, r.download
			var mu sync.Mutex
			sitemap, first := map[int64]int64{}, map[int64]int64{}
			r.handle = func(w http.ResponseWriter, req *http.Request, n webhook.Notification) {
				mu.Lock()
				sitemap[n.JobID] = n.SitemapID
				mu.Unlock()
				correct(w, req, n)
			}
			turn := func(id int64) bool {
				mu.Lock()
				defer mu.Unlock()
				queue, known := sitemap[id]
				if known && first[queue] == 0 {
					first[queue] = id
				}
				return !known || first[queue] == id
			}
			r.download = func(ctx context.Context, id int64) ([][]byte, error) {
				for !turn(id) {
					if !pause(ctx, look) {
						return nil, ctx.Err()
					}
				}
				rows, err := download(ctx, id)
				if err == nil {
					mu.Lock()
					defer mu.Unlock()
					delete(first, sitemap[id])
				}
				return rows, err
			}
		},
	}
}
