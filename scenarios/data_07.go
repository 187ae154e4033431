package scenarios

import (
	"github.com/scrapehook/scrapehook/simulator/fault"
)

func data07() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "DATA-07", Level: Must,
			Title:    "a download that ends in an error or half-way is tried again and imported once",
			Source:   Source{"a failed first download (429, 500, truncated) loses the import for good, or its error body is stored as data", "contract, section 3: what real receivers get wrong"},
			Sent:     "four finished jobs, whose first download is answered 500, is reset half-way, falls short of its declared length, or ends early without one",
			Observed: "the rows once, and no partial or doubled ones at the end; the last case shows only by the job's row count (SHOULD)",
			Broken:   "keeps the rows that came, or starts again without removing them",
			Repair:   "Download to a file, check it against stored_record_count, then write all rows in one transaction.",
			Needs:    []string{"ACK-01", "DATA-01", "DATA-06"},
		},
		Lane:   Delayed,
		Effect: true,
		Play: func(s *Stage) {
			const cut = 2000
			var jobs []Job
			for _, f := range []fault.Fault{
				{Kind: fault.ServerError}, {Kind: fault.Reset, After: cut}, {Kind: fault.Truncate, After: cut}, {Kind: fault.CutShort, After: cut},
			} {
				job := s.FinishedJob(30)
				job.Label = string(f.Kind)
				s.BreakDownloads(job, 0, f)
				s.Notify(job.Label, job)
				jobs = append(jobs, job)
			}
			s.AwaitRetriedEffects(jobs...)
		},
		Judge: judges(acknowledged, func(o Observation) []Finding {
			var findings []Finding
			for _, e := range o.Effects {
				found := e.judge(false)
				if e.Label == string(fault.CutShort) {
					found = Should.capped(found)
				}
				findings = append(findings, found...)
			}
			return findings
		}),
	}
}
