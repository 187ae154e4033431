package mutants

import (
	"context"
	"errors"
	"sync"
	"time"
)

// shortOfTime lets a download that goes silent wait: its client counts only the
// time in which bytes come. So it is the long and steady one that it gives up.
func shortOfTime() Mutant {
	const (
		most   = 4 * time.Second
		steady = 50 // pieces of such a download
	)
	return Mutant{
		Name: "short-of-time", Requirement: "DATA-13",
		Summary: "ends every download after four seconds of bytes that come",
		mutate: func(r *Receiver) {
			download := r.download
			var mu sync.Mutex
			began := map[int64]time.Time{}
			r.download = func(ctx context.Context, id int64) ([][]byte, error) {
				mu.Lock()
				began[id] = time.Now()
				mu.Unlock()
				return download(ctx, id)
			}
			r.readRows = readPieces(func(id int64, pieces int) error {
				mu.Lock()
				defer mu.Unlock()
				if pieces > steady && time.Since(began[id]) > most {
					return errors.New("the download takes too long")
				}
				return nil
			})
		},
	}
}
