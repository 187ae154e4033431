package scenarios

import (
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

func idem05() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "IDEM-05", Level: Must,
			Title:    "a job that failed, was continued and finished is imported",
			Source:   Source{"scraping job marked as failed; however, the user can continue it manually", webhooks2020},
			Sent:     "failed with 10 rows; then, after its user has continued the job, finished with 30",
			Observed: "the 30 rows, each once; whether the receiver replaces the earlier ones or adds to them is its own affair",
			Broken:   "takes the job's id for done for ever, and swallows the second notification",
			Repair:   "A notification says that the job's state is worth asking for. Compare that state with what you have imported, not the id with what you have seen.",
			Needs:    []string{"ACK-01", "ACK-02", "DATA-01"},
		},
		Effect: true,
		Play: func(s *Stage) {
			job := s.NewJob()
			s.End(job, webhook.Failed, 10)
			s.Notify("failed", job)
			s.Pause(s.Pick(2*time.Second, 500*time.Millisecond), "the user to continue the job")
			s.Continue(job)
			s.End(job, webhook.Finished, 30)
			s.Notify("finished", job)
			s.AwaitEffects(job)
		},
		Judge: judges(acknowledged, importedOnce),
	}
}
