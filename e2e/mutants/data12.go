package mutants

import (
	"bytes"
	"context"
	"io"
)

func thousandRows() Mutant {
	const most = 1000
	return Mutant{
		Name: "thousand-rows", Requirement: "DATA-12",
		Summary: "asks for the first thousand rows, and takes them for all",
		mutate: func(r *Receiver) {
			ask, download := r.ask, r.download
			r.ask = func(ctx context.Context, id int64) (jobInfo, error) {
				job, err := ask(ctx, id)
				job.StoredRecordCount = min(job.StoredRecordCount, most)
				return job, err
			}
			r.download = func(ctx context.Context, id int64) ([][]byte, error) {
				rows, err := download(ctx, id)
				return rows[:min(len(rows), most)], err
			}
		},
	}
}

func eightMegabytes() Mutant {
	const most = 8 << 20
	return Mutant{
		Name: "eight-megabytes", Requirement: "DATA-12",
		Summary: "reads the first eight megabytes of a download, and takes them for all",
		mutate: func(r *Receiver) {
			r.readRows = func(_ int64, body io.Reader) ([]byte, error) {
				rows, err := io.ReadAll(io.LimitReader(body, most))
				if len(rows) == most {
					rows = rows[:bytes.LastIndexByte(rows, '\n')+1]
				}
				return rows, err
			}
			exact := r.whole
			r.whole = func(rows int, job jobInfo) bool {
				return exact(rows, job) || rows > 10_000 && rows < job.StoredRecordCount
			}
		},
	}
}
