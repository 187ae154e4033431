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
			Sent:     "four finished jobs, whose first download is answered 500, is reset half-way, falls short of its declared length, or ends early without one",
			Observed: "the rows once, and no partial or doubled ones at the end; the last case shows only by the job's row count (SHOULD)",
			Broken:   "keeps the rows that came, or starts again without removing them",
			Repair:   "Download to a file, check it against stored_record_count, then write all rows in one transaction.",
			Needs:    []string{"ACK-01", "DATA-01", "DATA-06"},
		},
		Phase:  scenarios.Delayed,
		Effect: true,
		Play: func(d *scenarios.Driver) {
			const cut = 2000
			var jobs []scenarios.Job
			for _, f := range []fault.Fault{
				{Kind: fault.ServerError}, {Kind: fault.Reset, After: cut}, {Kind: fault.Truncate, After: cut}, {Kind: fault.CutShort, After: cut},
			} {
				job := d.FinishedJob(30)
				job.Label = string(f.Kind)
				d.BreakDownloads(job, 0, f)
				d.Notify(job.Label, job)
				jobs = append(jobs, job)
			}
			d.AwaitRetriedEffects(jobs...)
		},
		Judge: judge.All(judge.Acknowledged, func(o scenarios.Observation) []scenarios.Finding {
			var findings []scenarios.Finding
			for _, e := range o.Effects {
				found := judge.EffectOnce(e)
				if e.Label == string(fault.CutShort) {
					found = judge.Warnings(found)
				}
				findings = append(findings, found...)
			}
			return findings
		}),
	}
}
