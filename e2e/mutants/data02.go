package mutants

import (
	"context"
	"errors"
	"time"
)

func waitsForRows() Mutant {
	const soon = 300 * time.Millisecond
	errEmpty := errors.New("the download is empty")
	return Mutant{
		Name: "waits-for-rows", Requirement: "DATA-02",
		Summary: "takes a download without rows for one that isn't ready, and asks again for ever",
		mutate: func(r *Receiver) {
			download, backoff := r.download, r.backoff
			r.download = func(ctx context.Context, id int64) ([][]byte, error) {
				rows, err := download(ctx, id)
				if err == nil && len(rows) == 0 {
					err = errEmpty
				}
				return rows, err
			}
			r.backoff = func(failed int, err error) time.Duration {
				if errors.Is(err, errEmpty) {
					return soon
				}
				return backoff(failed, err)
			}
		},
	}
}
