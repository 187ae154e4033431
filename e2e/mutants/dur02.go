package mutants

import (
	"bufio"
	"context"
	"io"
	"sync"
	"time"
)

// settlesEarly does so only when a download takes a while, because a kill that
// comes right after an answer is another requirement's.
func settlesEarly() Mutant {
	const while = 100 * time.Millisecond
	return Mutant{
		Name: "settles-early", Requirement: "DUR-02",
		Summary: "strikes a job off its journal when its rows have begun to arrive, not when they are stored",
		mutate: func(r *Receiver) {
			r.readRows = func(id int64, body io.Reader) ([]byte, error) {
				rows := bufio.NewReader(body)
				_, _ = rows.Peek(1) // an error comes again below
				reading, done := context.WithCancel(context.Background())
				var striking sync.WaitGroup
				striking.Go(func() {
					if pause(reading, while) {
						r.strike(id)
					}
				})
				defer striking.Wait()
				defer done()
				return io.ReadAll(rows)
			}
			// What is struck off is not looked for again, so it must not fail here.
			fetch := r.fetch
			r.fetch = func(ctx context.Context, id int64, have imported) (imported, error) {
				for failed := 1; ; failed++ {
					got, err := fetch(ctx, id, have)
					if err == nil || !pause(ctx, r.backoff(failed, err)) {
						return got, err
					}
				}
			}
		},
	}
}
