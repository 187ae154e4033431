package catalogue

import (
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func ack01() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "ACK-01", Level: scenarios.Must,
			Title:    "a finished notification is answered 2xx within 10 s",
			Source:   scenarios.Source{Quote: "When your server receives the notification, it has to respond with 2xx HTTP status code within 10 seconds.", Document: webhooks2020},
			Sent:     "one finished notification",
			Observed: "the status, and the time to the end of the answer's head",
			Broken:   "answers 500, 302 or 404, or not at all: a wrong route, a login page, an exception in the handler",
			Repair:   "Store the form, then answer 200 with a short body. Do nothing else in the handler.",
			Needs:    []string{"ACK-07"},
		},
		Play: func(d *scenarios.Driver) {
			d.NotifyTimely("the notification", 1, func() scenarios.Job { return d.FinishedJob(5) })
		},
		Judge: judge.Acknowledged,
	}
}
