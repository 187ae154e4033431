package catalogue

import (
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func ack05() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "ACK-05", Level: scenarios.Must,
			Title:    "four notifications at once are all answered within 10 s",
			Source:   scenarios.Source{Quote: "it has to respond with 2xx HTTP status code within 10 seconds", Document: webhooks2020},
			Sent:     "the notifications of 4 jobs of one sitemap at the same moment",
			Observed: "every answer",
			Broken:   "handles one notification at a time, for seconds each, or fails when two write at once (\"database is locked\")",
			Repair:   "Keep the handler to one short write, and let the database wait for a lock instead of failing.",
			Needs:    []string{"ACK-01"},
		},
		Phase: scenarios.Alone,
		Play: func(d *scenarios.Driver) {
			first := d.NewJob()
			d.NotifyTimely("at once", 4, func() scenarios.Job { return d.FinishedJobBeside(first, 5) })
		},
		Judge: judge.Acknowledged,
	}
}
