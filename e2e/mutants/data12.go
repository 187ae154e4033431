package mutants

import "context"

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
