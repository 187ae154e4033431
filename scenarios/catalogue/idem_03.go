package catalogue

import (
	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func idem03() scenarios.Scenario {
	const resend = "the resend"
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "IDEM-03", Level: scenarios.Must,
			Title:    "a resend after a lost answer changes nothing",
			Source:   scenarios.Source{Quote: "In case of an error code or a timeout the notification will be resent after a 30 second delay.", Document: webhooks2020},
			Sent:     "a notification whose answer the sender does not read, and one at which it hangs up before any answer; then the resend of each after the profile's delay",
			Observed: "the rows of each imported once",
			Broken:   "takes the answer for delivered, remembers the notification only after the answer is written, or ends when nobody takes the answer",
			Repair:   "Remember the notification before you answer, and expect it again whatever you answered.",
			Needs:    []string{"ACK-01", "DATA-01", "IDEM-01"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			job, left := d.FinishedJob(20), d.FinishedJob(20)
			lost := d.Send("the first, its answer lost", job, delivery.Request{Body: d.Form(job), DropAnswer: true})
			d.NotifyAndHangUp("the first, hung up at", left)
			d.AwaitResend(lost, 1)
			d.Notify(resend, job)
			d.Notify(resend, left)
			d.AwaitEffects(job, left)
		},
		Judge: judge.All(
			func(o scenarios.Observation) []scenarios.Finding {
				return judge.AcknowledgedWhere(o, scenarios.Fail, func(x scenarios.Exchange) bool { return x.Label == resend })
			},
			judge.ImportedOnce,
		),
	}
}
