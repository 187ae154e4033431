package mutants

func firstPageOnly() Mutant {
	const page = 100
	return Mutant{
		Name: "first-page-only", Requirement: "DATA-01",
		Summary: "takes the download for a page, as the API's lists have them, and keeps 100 rows",
		mutate: func(r *Receiver) {
			r.keep = func(_ int64, rows [][]byte) [][]byte { return rows[:min(len(rows), page)] }
		},
	}
}
