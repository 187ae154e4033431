package catalogue

import (
	"time"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
	"github.com/scrapehook/scrapehook/webhook"
)

func data05() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "DATA-05", Level: scenarios.Should,
			Title:    "a failed job's data is not imported as if it were whole",
			Source:   scenarios.Source{Quote: "failed - the website returned more than 50% 4xx or 50xx responses or there were network errors, which means that job execution was stopped", Document: webhooks2020},
			Sent:     "failed, with 10 of its rows there",
			Observed: "no rows",
			Broken:   "does not look at the status",
			Repair:   "Record that the job failed; import its rows only when somebody asked for partial data, and marked as such.",
			Needs:    []string{"ACK-01", "ACK-02", "DATA-01"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			job := d.NewJob()
			d.End(job, webhook.Failed, 10)
			d.Notify("failed", job)
			d.Pause(d.Pick(5*time.Second, 500*time.Millisecond), "an import that should not come")
			d.AwaitQuiet(job)
		},
		Judge: judge.All(judge.Acknowledged, judge.NotImported),
	}
}
