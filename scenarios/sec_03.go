package scenarios

import (
	"strings"

	"github.com/scrapehook/scrapehook/simulator/delivery"
)

func sec03() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "SEC-03", Level: Should,
			Title:    "an enormous body is refused, not read to the end",
			Source:   Source{"POST FORM submit with scraping job metadata", webhooks2020},
			Sent:     "a form of 10 MB, then a proper notification",
			Observed: "4xx, or a connection that is closed early; the notification is acknowledged",
			Broken:   "reads whatever comes into memory",
			Repair:   "Cap the body: 64 KiB is far more than a notification needs.",
			Needs:    []string{"ACK-01"},
		},
		Play: func(s *Stage) {
			job := s.FinishedJob(5)
			s.Send(enormous, job, delivery.Request{Body: append(s.Form(job), "&padding="+strings.Repeat("x", 10<<20)...)})
			s.Notify("a notification afterwards", s.FinishedJob(5))
		},
		Judge: func(o Observation) []Finding {
			var findings []Finding
			for _, x := range o.Exchanges {
				closed := x.Status == 0 && x.Reason == delivery.Reset
				switch {
				case x.Label != enormous && !x.acknowledges():
					findings = append(findings, Finding{Fail, x.Label, "2xx within 10 s", x.outcome()})
				case x.Label == enormous && !closed && x.Status/100 != 4:
					findings = append(findings, Finding{Fail, x.Label, "4xx, or a connection closed early", x.outcome()})
				}
			}
			return findings
		},
	}
}

const enormous = "a form of 10 MB"
