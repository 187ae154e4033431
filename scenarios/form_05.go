package scenarios

import (
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/simulator/delivery"
)

func form05() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "FORM-05", Level: Should,
			Title:    "an unknown status is acknowledged and not imported",
			Source:   Source{"This status will be removed in a future release", webhooks2020},
			Sent:     "status=archived",
			Observed: "2xx, and no rows",
			Broken:   "throws at what it does not know, and is sent the same again and again",
			Repair:   "Acknowledge what you do not know, and record it.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Effect: true,
		Play: func(s *Stage) {
			job := s.FinishedJob(5)
			form := strings.Replace(string(s.Form(job)), "status=finished", "status=archived", 1)
			s.Send("archived", job, delivery.Request{Body: []byte(form)})
			s.Pause(s.Pick(5*time.Second, 500*time.Millisecond), "an import that should not come")
			s.AwaitQuiet(job)
		},
		Judge: judges(acknowledged, notImported),
	}
}
