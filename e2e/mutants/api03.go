package mutants

import (
	"context"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

func polls() Mutant {
	const often = 250 * time.Millisecond
	return Mutant{
		Name: "polls", Requirement: "API-03",
		Summary: "asks four times a second how each running job is, though it will be notified",
		mutate: func(r *Receiver) {
			r.background = func(ctx context.Context) {
				for pause(ctx, often) {
					jobs, err := r.cloud.jobs(ctx)
					if err != nil {
						continue // it asks again soon enough
					}
					for _, job := range jobs {
						if job.Status == webhook.Started {
							_, _ = r.cloud.job(ctx, job.ID)
						}
					}
				}
			}
		},
	}
}
