package scenarios

import (
	"github.com/scrapehook/scrapehook/simulator/delivery"
)

func form02() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "FORM-02", Level: Must,
			Title:    "unknown fields are ignored",
			Source:   Source{"custom_id documented 2020-07-27", "contract, section 1: fields"},
			Sent:     "one form with a field that nobody knows, one with that and custom_id",
			Observed: "2xx, and the rows once",
			Broken:   "validates the form strictly, and breaks on the day the vendor adds a field",
			Repair:   "Read the fields that you need, and no others.",
			Needs:    []string{"ACK-01", "DATA-01", "FORM-01"},
		},
		Effect: true,
		Play: func(s *Stage) {
			plain, custom := s.FinishedJob(10), s.FinishedJob(10)
			s.Send("an unknown field", plain, delivery.Request{Body: append(s.Form(plain), "&delivered_by=somebody+new"...)})
			s.Send("an unknown field and custom_id", custom, delivery.Request{
				Body: append([]byte("x-y%5Bz%5D=1&"), append(s.Form(custom), "&custom_id=order-17"...)...),
			})
			s.AwaitEffects(plain, custom)
		},
		Judge: judges(acknowledged, importedOnce),
	}
}
