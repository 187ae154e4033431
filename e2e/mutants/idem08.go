package mutants

import (
	"net/http"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

func sitemapOnce() Mutant {
	const window = 10 * time.Second
	type taken struct {
		job   int64
		until time.Time
	}
	return Mutant{
		Name: "sitemap-once", Requirement: "IDEM-08",
		Summary: "takes another job of a sitemap, within 10 s, for a resend of the first",
		mutate: func(r *Receiver) {
			correct := r.handle
			var mu sync.Mutex
			sitemaps := map[int64]taken{}
			r.handle = func(w http.ResponseWriter, req *http.Request, n webhook.Notification) {
				mu.Lock()
				last := sitemaps[n.SitemapID]
				swallow := last.job != n.JobID && time.Now().Before(last.until)
				if !swallow {
					sitemaps[n.SitemapID] = taken{n.JobID, time.Now().Add(window)}
				}
				mu.Unlock()
				if swallow {
					acknowledge(w)
					return
				}
				correct(w, req, n)
			}
		},
	}
}
