package catalogue

import (
	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func data07() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "DATA-07", Level: scenarios.Must,
			Title:    "a download that ends in an error or half-way is tried again and imported once",
			Source:   scenarios.Source{Quote: "a failed first download (429, 500, truncated) loses the import for good, or its error body is stored as data", Document: "contract, section 3: what real receivers get wrong"},
			Sent:     "five finished jobs, whose first download is answered 500, is reset half-way, falls short of its declared length, or ends properly half-way or one row early, as it does when the program that writes it dies",
			Observed: "the rows once, and no partial or doubled ones at the end; what ends properly shows by stored_record_count only",
			Broken:   "keeps the rows that came, or starts again without removing them",
			Repair:   "Download to a file, check it against stored_record_count, then write all rows in one transaction.",
			Needs:    []string{"ACK-01", "DATA-01", "DATA-06"},
		},
		Phase:  scenarios.Delayed,
		Effect: true,
		Play: func(d *scenarios.Driver) {
			const rows, cut = 30, 2000
			var jobs []scenarios.Job
			broken := func(label string, f func(scenarios.Job) fault.Fault) {
				job := d.FinishedJob(rows)
				job.Label = label
				d.BreakDownloads(job, 0, f(job))
				d.Notify(label, job)
				jobs = append(jobs, job)
			}
			for _, f := range []fault.Fault{
				{Kind: fault.ServerError}, {Kind: fault.Reset, After: cut}, {Kind: fault.Truncate, After: cut}, {Kind: fault.CutShort, After: cut},
			} {
				broken(string(f.Kind), func(scenarios.Job) fault.Fault { return f })
			}
			broken("all but the last row", func(job scenarios.Job) fault.Fault {
				return fault.Fault{Kind: fault.CutShort, After: int64(d.LastRowAt(job)) - 1}
			})
			d.AwaitRetriedEffects(jobs...)
		},
		Judge: judge.All(judge.Acknowledged, damage(judge.ImportedOnce)),
	}
}
