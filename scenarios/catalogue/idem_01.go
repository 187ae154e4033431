package catalogue

import (
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func idem01() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "IDEM-01", Level: scenarios.Must,
			Title:    "a resend after an answered attempt changes nothing",
			Source:   scenarios.Source{Quote: "notification sender could timeout and resend the notification which could generate unexpected results", Document: webhooks2020},
			Sent:     "the same form twice, in a row",
			Observed: "both answered 2xx, the rows imported once",
			Broken:   "imports at every notification, so that a resend doubles the rows",
			Repair:   "Key what you import by the job and what the cloud says of it (status, row count, duration), in the same transaction as the rows. Found there already: do nothing.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			job := d.FinishedJob(20)
			d.Notify("the first", job)
			d.Notify("the resend", job)
			d.AwaitEffects(job)
		},
		Judge: judge.All(judge.Acknowledged, judge.ImportedOnce),
	}
}
