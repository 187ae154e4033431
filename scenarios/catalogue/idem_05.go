package catalogue

import (
	"time"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
	"github.com/scrapehook/scrapehook/webhook"
)

func idem05() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "IDEM-05", Level: scenarios.Must,
			Title:    "a job that failed, was continued and finished is imported",
			Source:   scenarios.Source{Quote: "scraping job marked as failed; however, the user can continue it manually", Document: webhooks2020},
			Sent:     "failed with 10 rows; then, after its user has continued the job, finished with 30",
			Observed: "the 30 rows, each once; whether the receiver replaces the earlier ones or adds to them is its own affair",
			Broken:   "takes the job's id for done for ever, and swallows the second notification",
			Repair:   "A notification says that the job's state is worth asking for. Compare that state with what you have imported, not the id with what you have seen.",
			Needs:    []string{"ACK-01", "ACK-02", "DATA-01"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			job := d.NewJob()
			d.End(job, webhook.Failed, 10)
			d.Notify("failed", job)
			d.AwaitTakenUp(job) // or it would see the later state at its first look
			d.Pause(d.Pick(2*time.Second, 500*time.Millisecond), "the user to continue the job")
			d.Continue(job)
			d.End(job, webhook.Finished, 30)
			d.Notify("finished", job)
			d.AwaitEffects(job)
		},
		Judge: judge.All(judge.Acknowledged, judge.ImportedOnce),
	}
}
