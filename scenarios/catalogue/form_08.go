package catalogue

import (
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
	"github.com/scrapehook/scrapehook/webhook"
)

func form08() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "FORM-08", Level: scenarios.Should,
			Title:    "job ids beyond 53 bits are kept whole",
			Source:   scenarios.Source{Quote: "scrapingjob_id int", Document: "contract, section 1: fields"},
			Sent:     "a finished job whose id is 2^53+11 and more",
			Observed: "the rows under exactly that id",
			Broken:   "keeps ids as floating point numbers, as JavaScript's are",
			Repair:   "Keep ids as 64-bit integers, or as the text that came.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			job := d.NewJobWithID(1<<53 + 11 + 2*d.NewID()) // odd, so no float64 is equal to it
			d.End(job, webhook.Finished, 10)
			d.Notify("the notification", job)
			d.AwaitEffects(job)
		},
		Judge: judge.All(judge.Acknowledged, judge.ImportedOnce),
	}
}
