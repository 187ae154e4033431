package scenarios

import (
	"fmt"
	"net/http"
)

func ack07() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "ACK-07", Level: Must,
			Title:    "the answer is no redirect",
			Source:   Source{"success: any 2xx inside 10 s; failure: status >= 300", "contract, section 1"},
			Sent:     "one finished notification",
			Observed: "the status",
			Broken:   "sends every stranger to a login page, or to the same URL with a slash at its end: a followed redirect turns the POST into a GET",
			Repair:   "Take the endpoint out of the login and of the slash redirect, and register the exact URL.",
		},
		Play: func(s *Stage) {
			s.Notify("the notification", s.FinishedJob(5))
		},
		Judge: func(o Observation) []Finding {
			var findings []Finding
			for _, x := range o.Exchanges {
				if x.Status >= http.StatusMultipleChoices && x.Status < http.StatusBadRequest {
					findings = append(findings, Finding{
						Fail, x.Label, "no redirect", fmt.Sprintf("%d to %q", x.Status, x.Header.Get("Location")),
					})
				}
			}
			return findings
		},
	}
}
