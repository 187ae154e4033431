package catalogue

import (
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func form05() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "FORM-05", Level: scenarios.Should,
			Title:    "a notification of an unknown status is acknowledged",
			Source:   scenarios.Source{Quote: "This status will be removed in a future release", Document: webhooks2020},
			Sent:     "status=archived, of a job without rows: whom a receiver believes, the form or the cloud, is its own affair",
			Observed: "2xx, and no rows",
			Broken:   "throws at what it does not know, and is sent the same again and again",
			Repair:   "Acknowledge what you do not know, and record it.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			job := d.FinishedJob(0)
			form := strings.Replace(string(d.Form(job)), "status=finished", "status=archived", 1)
			d.Send("archived", job, delivery.Request{Body: []byte(form)})
			d.Pause(d.Pick(5*time.Second, 500*time.Millisecond), "an import that should not come")
			d.AwaitQuiet(job)
		},
		Judge: judge.All(judge.Acknowledged, judge.NotImported),
	}
}
