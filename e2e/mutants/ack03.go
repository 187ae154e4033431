package mutants

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

func sweepsSessions() Mutant {
	const (
		each  = 10
		sweep = 1300 * time.Millisecond
	)
	return Mutant{
		Name: "sweeps-sessions", Requirement: "ACK-03",
		Summary: "tidies its sessions up before every tenth answer, which takes more than a second, but holds up nobody else",
		mutate: func(r *Receiver) {
			correct := r.handle
			var requests atomic.Int64
			r.handle = func(w http.ResponseWriter, req *http.Request, n webhook.Notification) {
				if requests.Add(1)%each == 0 && !pause(req.Context(), sweep) {
					return
				}
				correct(w, req, n)
			}
		},
	}
}
