package mutants

import (
	"context"
	"errors"
	"sync"
)

func triesThrice() Mutant {
	const most = 3
	return Mutant{
		Name: "tries-thrice", Requirement: "RET-01",
		Summary: "gives an import up after its third failed download",
		mutate: func(r *Receiver) {
			download := r.download
			errLast := errors.New("failed three times")
			var mu sync.Mutex
			failed := map[int64]int{}
			r.abandon = func(err error) bool { return errors.Is(err, errLast) }
			r.download = func(ctx context.Context, id int64) ([][]byte, error) {
				rows, err := download(ctx, id)
				mu.Lock()
				defer mu.Unlock()
				if err == nil || ctx.Err() != nil {
					return rows, err
				}
				if failed[id]++; failed[id] >= most {
					err = errors.Join(err, errLast)
				}
				return rows, err
			}
		},
	}
}
