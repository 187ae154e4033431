package catalogue

import (
	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
	"github.com/scrapehook/scrapehook/webhook"
)

func idem07() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "IDEM-07", Level: scenarios.Should,
			Title:    "a resend that arrives out of order does not undo a later state",
			Source:   scenarios.Source{Quote: "the order between jobs is not stated; the notification will be resent after a 30 second delay", Document: "contract, section 1 and webhooks-2020"},
			Sent:     "failed, whose answer is lost; finished, after its user has continued the job; then the resend of failed",
			Observed: "the finished rows, each once",
			Broken:   "takes the form's status for the job's state, and throws the rows of a failed job away",
			Repair:   "Ask the cloud for the job, and believe it rather than the form.",
			Needs:    []string{"ACK-01", "ACK-02", "DATA-01", "IDEM-05"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			job := d.NewJob()
			d.End(job, webhook.Failed, 10)
			failed := delivery.Request{Body: d.Form(job), DropAnswer: true}
			lost := d.Send("failed, its answer lost", job, failed)
			d.Continue(job)
			d.End(job, webhook.Finished, 30)
			d.Notify("finished", job)
			d.AwaitEffects(job)
			d.AwaitResend(lost, 1)
			failed.DropAnswer = false
			d.Send("the resend of failed", job, failed)
			d.AwaitEffects(job)
		},
		Judge: judge.All(
			func(o scenarios.Observation) []scenarios.Finding {
				return judge.AcknowledgedWhere(o, scenarios.Fail, func(x scenarios.Exchange) bool { return !x.Request.DropAnswer })
			},
			func(o scenarios.Observation) []scenarios.Finding {
				return damage(judge.ImportedOnce)(scenarios.Observation{Effects: o.Effects[max(0, len(o.Effects)-1):]})
			},
		),
	}
}
