package catalogue

import (
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func data09() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "DATA-09", Level: scenarios.Must,
			Title:    "the cloud's copy is not deleted before the import is complete and safe",
			Source:   scenarios.Source{Quote: "deletes the cloud's copy, so a resend after a lost answer ends in 404 for ever", Document: "contract, section 3: what real receivers get wrong"},
			Sent:     "two finished jobs; a DELETE of the first is held by the cloud until the probes were read, one of the second is answered 500",
			Observed: "that the rows are there when the DELETE comes, and that one which fails changes nothing; a receiver that never deletes is right too",
			Broken:   "deletes right after the download, before the rows are committed; or imports everything again because the DELETE failed",
			Repair:   "Delete after the commit, or not at all: the cloud keeps the data for you.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			job := d.FinishedJob(30)
			watched := d.WatchDelete(job)
			d.Notify("the notification", job)
			d.AwaitEffects(job)
			watched()
			other := d.FinishedJob(30)
			d.BreakDeletes(other, scenarios.Fault{Kind: scenarios.FaultServerError})
			d.Notify("a job whose DELETE fails", other)
			d.AwaitEffects(other)
		},
		Judge: judge.All(judge.Acknowledged, judge.ImportedOnce),
	}
}
