package catalogue

import (
	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
	"github.com/scrapehook/scrapehook/webhook"
)

func idem12() scenarios.Scenario {
	const field = "&" + webhook.FieldCustomID + "=order-18"
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "IDEM-12", Level: scenarios.Must,
			Title:    "two jobs with one custom_id are two imports",
			Source:   scenarios.Source{Quote: "custom_id documented 2020-07-27", Document: "contract, section 1: fields"},
			Sent:     "two jobs with different ids and the same custom_id (in profile 2020 it is an unknown field)",
			Observed: "the rows of both",
			Broken:   "takes custom_id for the notification's key, so that the second job is taken for a resend",
			Repair:   "Only scrapingjob_id names a job. custom_id is your own text: it may come again.",
			Needs:    []string{"ACK-01", "DATA-01", "FORM-02"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			one, other := d.FinishedJob(20), d.FinishedJob(15)
			d.Send("one job", one, delivery.Request{Body: append(d.Form(one), field...)})
			d.Send("another job", other, delivery.Request{Body: append(d.Form(other), field...)})
			d.AwaitEffects(one, other)
		},
		Judge: judge.All(judge.Acknowledged, damage(judge.ImportedOnce)),
	}
}
