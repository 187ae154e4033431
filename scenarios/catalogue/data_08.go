package catalogue

import (
	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func data08() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "DATA-08", Level: scenarios.Must,
			Title:    "an error body is never stored as data",
			Source:   scenarios.Source{Quote: "its error body is stored as data", Document: "contract, section 3: what real receivers get wrong"},
			Sent:     "two finished jobs, whose first download is answered 500 with a JSON error, or 502 with HTML",
			Observed: "that no such row is there",
			Broken:   "does not look at the status of the download",
			Repair:   "Check the download's status before its body, and each line for being an object.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Phase:  scenarios.Delayed,
		Effect: true,
		Play: func(d *scenarios.Driver) {
			var jobs []scenarios.Job
			for _, kind := range []fault.Kind{fault.ServerError, fault.BadGateway} {
				job := d.FinishedJob(30)
				job.Label = string(kind)
				d.BreakDownloads(job, 0, fault.Fault{Kind: kind})
				d.Notify(job.Label, job)
				jobs = append(jobs, job)
			}
			for _, job := range jobs {
				d.AwaitDownloadTried(job)
			}
			d.AwaitQuiet(jobs...)
		},
		Judge: judge.All(judge.Acknowledged, judge.NothingOf("Server Error", "Bad Gateway")),
	}
}
