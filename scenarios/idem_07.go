package scenarios

import (
	"github.com/scrapehook/scrapehook/simulator/delivery"
	"github.com/scrapehook/scrapehook/webhook"
)

func idem07() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "IDEM-07", Level: Should,
			Title:    "a resend that arrives out of order does not undo a later state",
			Source:   Source{"the order between jobs is not stated; the notification will be resent after a 30 second delay", "contract, section 1 and webhooks-2020"},
			Sent:     "failed, whose answer is lost; finished, after its user has continued the job; then the resend of failed",
			Observed: "the finished rows, each once",
			Broken:   "takes the form's status for the job's state, and throws the rows of a failed job away",
			Repair:   "Ask the cloud for the job, and believe it rather than the form.",
			Needs:    []string{"ACK-01", "ACK-02", "DATA-01", "IDEM-05"},
		},
		Effect: true,
		Play: func(s *Stage) {
			job := s.NewJob()
			s.End(job, webhook.Failed, 10)
			failed := delivery.Request{Body: s.Form(job), DropAnswer: true}
			lost := s.Send("failed, its answer lost", job, failed)
			s.Continue(job)
			s.End(job, webhook.Finished, 30)
			s.Notify("finished", job)
			s.AwaitEffects(job)
			s.AwaitResend(lost, 1)
			failed.DropAnswer = false
			s.Send("the resend of failed", job, failed)
			s.AwaitEffects(job)
		},
		Judge: judges(
			func(o Observation) []Finding {
				return acks(o, Fail, func(x Exchange) bool { return !x.Request.DropAnswer })
			},
			lastImportedOnce,
		),
	}
}
