package catalogue

import (
	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func form02() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "FORM-02", Level: scenarios.Must,
			Title:    "unknown fields of the form are ignored",
			Source:   scenarios.Source{Quote: "custom_id documented 2020-07-27", Document: "contract, section 1: fields"},
			Sent:     "one form with a field that nobody knows, one with that and custom_id",
			Observed: "2xx, and the rows once",
			Broken:   "validates the form strictly, and breaks on the day the vendor adds a field",
			Repair:   "Read the fields that you need, and no others.",
			Needs:    []string{"ACK-01", "DATA-01", "FORM-01"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			plain, custom := d.FinishedJob(10), d.FinishedJob(10)
			d.Send("an unknown field", plain, delivery.Request{Body: append(d.Form(plain), "&delivered_by=somebody+new"...)})
			d.Send("an unknown field and custom_id", custom, delivery.Request{
				Body: append([]byte("x-y%5Bz%5D=1&"), append(d.Form(custom), "&custom_id=order-17"...)...),
			})
			d.AwaitEffects(plain, custom)
		},
		Judge: judge.All(judge.Acknowledged, judge.ImportedOnce),
	}
}
