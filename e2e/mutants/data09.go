package mutants

import (
	"context"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// deletesFirst waits a while before it deletes, so that a kill which comes
// right after the answer doesn't come right after the delete.
func deletesFirst() Mutant {
	const queued = time.Second
	return Mutant{
		Name: "deletes-first", Requirement: "DATA-09",
		Summary: "deletes the cloud's copy of a finished job when the download is in memory, and stores it afterwards",
		mutate: func(r *Receiver) {
			fetch := r.fetch
			r.fetch = func(ctx context.Context, id int64, have imported) (imported, error) {
				got, err := fetch(ctx, id, have)
				if err != nil || got.job.Status != webhook.Finished {
					return got, err
				}
				if !pause(ctx, queued) {
					return imported{}, ctx.Err()
				}
				// Whether or not it could be deleted, the rows are here.
				if err := r.cloud.remove(context.WithoutCancel(ctx), id); err != nil {
					r.env.Logf("%v", err)
				}
				return got, nil
			}
		},
	}
}
