package catalogue

import (
	"time"

	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
	"github.com/scrapehook/scrapehook/webhook"
)

func idem09() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "IDEM-09", Level: scenarios.Must,
			Title:    "a job that is continued while it is imported is brought up to date",
			Source:   scenarios.Source{Quote: "scraping job marked as failed; however, the user can continue it manually", Document: webhooks2020},
			Sent:     "shelved with 30 rows (profile 2022: finished with empty pages), whose download stops half-way; meanwhile its user continues it, and finished with 50 is sent",
			Observed: "the 50 rows, each once",
			Broken:   "drops a notification of a job that is being imported, or marks the job as done when the earlier import ends",
			Repair:   "Count the notifications of a job in its row. When an import ends and the count is another than at its beginning, look at the job again.",
			Needs:    []string{"ACK-01", "ACK-02", "ACK-04", "DATA-01", "DATA-10", "IDEM-11"},
		},
		Phase:  scenarios.Delayed,
		Effect: true,
		Play: func(d *scenarios.Driver) {
			const hold = 20 * time.Second
			release := make(chan struct{})
			job := d.NewJob()
			d.EndWithEmptyPages(job, endWithPages(d), 30)
			d.BreakDownloads(job, 2*time.Second, fault.Fault{Kind: fault.Stall, After: 2000, Delay: hold, Release: release})
			d.Notify("the first end", job)
			if d.AwaitDownloadBegun(job) {
				d.Continue(job)
				d.End(job, webhook.Finished, 50)
				d.Notify("finished, during the import", job)
				d.PauseInSlot(d.Pick(time.Second, 300*time.Millisecond), "the notification to be taken up")
			}
			close(release)
			d.AwaitRetriedEffects(job)
		},
		Judge: judge.All(judge.Acknowledged, func(o scenarios.Observation) []scenarios.Finding {
			if len(o.Exchanges) < 2 {
				return []scenarios.Finding{unseen("the job", "an import to continue it in", "its download never began: see DATA-10")}
			}
			return damage(judge.ImportedOnce)(o)
		}),
	}
}

// endWithPages is the status of a job that ended with empty pages and may be
// continued.
func endWithPages(d *scenarios.Driver) webhook.Status {
	if d.Profile().Notifies(webhook.Shelved) {
		return webhook.Shelved
	}
	return webhook.Finished
}
