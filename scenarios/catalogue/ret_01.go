package catalogue

import (
	"slices"

	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func ret01() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "RET-01", Level: scenarios.Must,
			Title:    "an import that fails five times is still done",
			Source:   scenarios.Source{Quote: "a failed first download (429, 500, truncated) loses the import for good", Document: "contract, section 3: what real receivers get wrong"},
			Sent:     "one finished job, whose first five downloads (three with --fast) are answered 500",
			Observed: "the rows, each once",
			Broken:   "gives up after a few tries: an outage of some minutes loses the jobs of that time for good",
			Repair:   "Try again with growing waits for at least a day, and keep what has failed where somebody sees it and can start it again.",
			Needs:    []string{"ACK-01", "DATA-01", "DATA-06"},
		},
		Phase:  scenarios.Delayed,
		Effect: true,
		Play: func(d *scenarios.Driver) {
			failures := 5
			if d.Fast() {
				failures = 3
			}
			job := d.FinishedJob(20)
			d.BreakDownloads(job, 0, slices.Repeat([]fault.Fault{{Kind: fault.ServerError}}, failures)...)
			d.Notify("the notification", job)
			if d.Acknowledged(job) && !d.AwaitDownloadsTried(job, failures+1) {
				d.AwaitQuiet(job) // it was waited for
				return
			}
			d.AwaitRetriedEffects(job)
		},
		Judge: judge.All(judge.Acknowledged, damage(judge.ImportedOnce)),
	}
}
