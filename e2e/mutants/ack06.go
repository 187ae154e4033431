package mutants

import (
	"net/http"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

func waitsForImports() Mutant {
	const (
		tooMany = 16
		look    = 20 * time.Millisecond
	)
	return Mutant{
		Name: "waits-for-imports", Requirement: "ACK-06",
		Summary: "hands a notification to its importers directly: while all 16 are busy, it doesn't answer",
		mutate: func(r *Receiver) {
			correct := r.handle
			r.handle = func(w http.ResponseWriter, req *http.Request, n webhook.Notification) {
				for r.ledger.busy() >= tooMany {
					if !pause(req.Context(), look) {
						return
					}
				}
				correct(w, req, n)
			}
		},
	}
}
