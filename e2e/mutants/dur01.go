package mutants

import (
	"context"
	"net/http"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

func answersFirst() Mutant {
	const later = time.Second
	type promise struct {
		n   webhook.Notification
		due time.Time
	}
	return Mutant{
		Name: "answers-first", Requirement: "DUR-01",
		Summary: "answers when the notification is in memory, and writes it to its journal a second later",
		Also:    map[string]string{"DUR-05": "what it acknowledges while it starts is stored as late as all else"},
		mutate: func(r *Receiver) {
			promised := make(chan promise, most)
			r.handle = func(w http.ResponseWriter, _ *http.Request, n webhook.Notification) {
				select {
				case promised <- promise{n, time.Now().Add(later)}:
					acknowledge(w)
				default:
					refuse(w, errBusy)
				}
			}
			r.background = func(ctx context.Context) {
				for {
					select {
					case <-ctx.Done():
						return
					case p := <-promised:
						if !pause(ctx, time.Until(p.due)) {
							return
						}
						if err := r.store(p.n); err != nil {
							r.env.Logf("job %d is lost: %v", p.n.JobID, err)
						}
					}
				}
			}
		},
	}
}
