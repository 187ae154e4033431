package scenarios

import (
	"fmt"

	"github.com/scrapehook/scrapehook/simulator/delivery"
)

func ack08() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "ACK-08", Level: Should,
			Title:    "the answer's body is short and ends within the 10 s",
			Source:   Source{"it has to respond with 2xx HTTP status code within 10 seconds", webhooks2020},
			Sent:     "one finished notification",
			Observed: "the bytes of the answer's body, and the time to its end",
			Broken:   "answers with a whole page, or never ends its body: whether the 10 s cover the body is not stated, so a sender may resend",
			Repair:   "Answer with an empty body or a short word, and a Content-Length.",
			Needs:    []string{"ACK-01"},
		},
		Play: func(s *Stage) {
			s.Notify("the notification", s.FinishedJob(5))
		},
		Judge: func(o Observation) []Finding {
			const short = 16 << 10
			var findings []Finding
			for _, x := range o.Exchanges {
				switch {
				case x.Reason != delivery.Acked:
					findings = append(findings, Finding{Fail, x.Label, "the end of the answer's body within 10 s", x.outcome()})
				case x.BodyBytes > short:
					findings = append(findings, Finding{Fail, x.Label, fmt.Sprintf("at most %d bytes", short), fmt.Sprintf("%d bytes", x.BodyBytes)})
				}
			}
			return findings
		},
	}
}
