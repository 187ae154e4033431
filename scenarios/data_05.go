package scenarios

import (
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

func data05() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "DATA-05", Level: Should,
			Title:    "a failed job's data is not imported as if it were whole",
			Source:   Source{"failed - the website returned more than 50% 4xx or 50xx responses or there were network errors, which means that job execution was stopped", webhooks2020},
			Sent:     "failed, with 10 of its rows there",
			Observed: "no rows",
			Broken:   "does not look at the status",
			Repair:   "Record that the job failed; import its rows only when somebody asked for partial data, and marked as such.",
			Needs:    []string{"ACK-01", "ACK-02", "DATA-01"},
		},
		Effect: true,
		Play: func(s *Stage) {
			job := s.NewJob()
			s.End(job, webhook.Failed, 10)
			s.Notify("failed", job)
			s.Pause(s.Pick(5*time.Second, 500*time.Millisecond), "an import that should not come")
			s.AwaitQuiet(job)
		},
		Judge: judges(acknowledged, notImported),
	}
}
