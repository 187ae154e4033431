package catalogue

import (
	"fmt"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/scenarios"
)

func ack08() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "ACK-08", Level: scenarios.Should,
			Title:    "the answer's body is short and ends within the 10 s",
			Source:   scenarios.Source{Quote: "it has to respond with 2xx HTTP status code within 10 seconds", Document: webhooks2020},
			Sent:     "one finished notification",
			Observed: "the bytes of the answer's body, and the time to its end",
			Broken:   "answers with a whole page, or never ends its body: whether the 10 s cover the body is not stated, so a sender may resend",
			Repair:   "Answer with an empty body or a short word, and a Content-Length.",
			Needs:    []string{"ACK-01"},
		},
		Play: func(d *scenarios.Driver) {
			d.Notify("the notification", d.FinishedJob(5))
		},
		Judge: func(o scenarios.Observation) []scenarios.Finding {
			const short = 16 << 10
			var findings []scenarios.Finding
			for _, x := range o.Exchanges {
				switch {
				case x.Reason != delivery.Acked:
					findings = append(findings, scenarios.Failure(x.Label, "the end of the answer's body within 10 s", x.Outcome()))
				case x.BodyBytes > short:
					findings = append(findings, scenarios.Failure(x.Label, fmt.Sprintf("at most %d bytes", short), fmt.Sprintf("%d bytes", x.BodyBytes)))
				}
			}
			return findings
		},
	}
}
