package scenarios

import (
	"github.com/scrapehook/scrapehook/webhook"
)

func idem06() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "IDEM-06", Level: Should,
			Title:    "a job that ended with empty pages, was continued and ended so again is brought up to date",
			Source:   Source{"a job that failed, or ended with empty or failed pages, can be continued by its user: a fresh notification for the same id follows, with the same or another status", "contract, section 1"},
			Sent:     "shelved (profile 2022: finished) with 10 rows; then, after its user has continued the job, the same form again, with 30 rows",
			Observed: "the later rows, each once",
			Broken:   "keys what it has done by job and status, and takes the second form for a resend",
			Repair:   "Ask the cloud for the job. Its row count and duration tell a resend from a continued job; the form does not.",
			Needs:    []string{"ACK-01", "ACK-02", "DATA-01", "DATA-10", "IDEM-05"},
		},
		Effect: true,
		Play: func(s *Stage) {
			status := webhook.Shelved
			if !s.Profile().Notifies(status) {
				status = webhook.Finished
			}
			job := s.NewJob()
			s.EndWithEmptyPages(job, status, 10)
			s.Notify("the first end", job)
			s.AwaitEffects(job)
			s.Continue(job)
			s.EndWithEmptyPages(job, status, 30)
			s.Notify("the second end", job)
			s.AwaitEffects(job)
		},
		Judge: judges(acknowledged, lastImportedOnce),
	}
}
