package catalogue

import (
	"fmt"
	"net/http"

	"github.com/scrapehook/scrapehook/scenarios"
)

func ack07() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "ACK-07", Level: scenarios.Must,
			Title:    "the answer is not a redirect",
			Source:   scenarios.Source{Quote: "success: any 2xx inside 10 s; failure: status >= 300", Document: "contract, section 1"},
			Sent:     "one finished notification",
			Observed: "the status",
			Broken:   "sends every stranger to a login page, or to the same URL with a slash at its end: a followed redirect turns the POST into a GET",
			Repair:   "Take the endpoint out of the login and of the slash redirect, and register the exact URL.",
		},
		Play: func(d *scenarios.Driver) {
			d.Notify("the notification", d.FinishedJob(5))
		},
		Judge: func(o scenarios.Observation) []scenarios.Finding {
			var findings []scenarios.Finding
			for _, x := range o.Exchanges {
				if x.Status >= http.StatusMultipleChoices && x.Status < http.StatusBadRequest {
					findings = append(findings, scenarios.Failure(x.Label, "no redirect", fmt.Sprintf("%d to %q", x.Status, x.Header.Get("Location"))))
				}
			}
			return findings
		},
	}
}
