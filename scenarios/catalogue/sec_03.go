package catalogue

import (
	"strings"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/scenarios"
)

func sec03() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "SEC-03", Level: scenarios.Should,
			Title:    "an enormous body is refused, not read to the end",
			Source:   scenarios.Source{Quote: "POST FORM submit with scraping job metadata", Document: webhooks2020},
			Sent:     "a form of 10 MB, then a proper notification",
			Observed: "4xx, or a connection that is closed early; the notification is acknowledged",
			Broken:   "reads whatever comes into memory",
			Repair:   "Cap the body: 64 KiB is far more than a notification needs.",
			Needs:    []string{"ACK-01"},
		},
		Play: func(d *scenarios.Driver) {
			job := d.FinishedJob(5)
			d.Send(enormous, job, delivery.Request{Body: append(d.Form(job), "&padding="+strings.Repeat("x", 10<<20)...)})
			d.Notify("a notification afterwards", d.FinishedJob(5))
		},
		Judge: func(o scenarios.Observation) []scenarios.Finding {
			var findings []scenarios.Finding
			for _, x := range o.Exchanges {
				closed := x.Status == 0 && x.Reason == delivery.Reset
				switch {
				case x.Label != enormous && !x.Acknowledged():
					findings = append(findings, scenarios.Failure(x.Label, "2xx within 10 s", x.Outcome()))
				case x.Label == enormous && !closed && x.Status/100 != 4:
					findings = append(findings, scenarios.Failure(x.Label, "4xx, or a connection closed early", x.Outcome()))
				}
			}
			return findings
		},
	}
}

const enormous = "a form of 10 MB"
