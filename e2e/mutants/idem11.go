package mutants

import (
	"context"
	"slices"
	"sync"

	"github.com/scrapehook/scrapehook/webhook"
)

func addsContinued() Mutant {
	return Mutant{
		Name: "adds-continued", Requirement: "IDEM-11",
		Summary: "keys rows by job and status, and leaves those of a shelved job beside the finished ones",
		mutate: func(r *Receiver) {
			fetch := r.fetch
			var mu sync.Mutex
			shelved := map[int64][][]byte{}
			r.fetch = func(ctx context.Context, id int64, have imported) (imported, error) {
				got, err := fetch(ctx, id, have)
				if err != nil || got.State == "" {
					return got, err
				}
				mu.Lock()
				defer mu.Unlock()
				if got.job.Status == webhook.Shelved {
					shelved[id] = got.Rows
				} else {
					got.Rows = slices.Concat(shelved[id], got.Rows)
				}
				return got, nil
			}
		},
	}
}
