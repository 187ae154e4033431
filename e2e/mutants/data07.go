package mutants

import (
	"context"
	"slices"
	"sync"
)

func keepsPartialRows() Mutant {
	return Mutant{
		Name: "keeps-partial-rows", Requirement: "DATA-07",
		Summary: "stores the rows of a download that is cut, and all of them once more when it is tried again",
		mutate: func(r *Receiver) {
			download := r.download
			var mu sync.Mutex
			partial := map[int64][][]byte{}
			r.download = func(ctx context.Context, id int64) ([][]byte, error) {
				rows, err := download(ctx, id)
				if err != nil {
					mu.Lock()
					defer mu.Unlock()
					partial[id] = append(partial[id], rows...)
				}
				return rows, err
			}
			r.keep = func(id int64, rows [][]byte) [][]byte {
				mu.Lock()
				defer mu.Unlock()
				return slices.Concat(partial[id], rows)
			}
		},
	}
}

func believesTheEnd() Mutant {
	return Mutant{
		Name: "believes-the-end", Requirement: "DATA-07",
		Summary: "takes a download that ends properly for whole, and does not count its rows",
		mutate:  func(r *Receiver) { r.whole = func(int, jobInfo) bool { return true } },
	}
}
