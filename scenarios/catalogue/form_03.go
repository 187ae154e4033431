package catalogue

import (
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
	"github.com/scrapehook/scrapehook/webhook"
)

func form03() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "FORM-03", Level: scenarios.Should,
			Title:    "job ids beyond 32 bits are kept whole",
			Source:   scenarios.Source{Quote: "scrapingjob_id int", Document: "contract, section 1: fields"},
			Sent:     "a finished job whose id is 2^31+7 and more",
			Observed: "the rows under exactly that id",
			Broken:   "keeps ids in 32 bits: a column INT, an int32",
			Repair:   "Keep ids in 64 bits: BIGINT, int64.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			job := d.NewJobWithID(1<<31 + 7 + d.NewID())
			d.End(job, webhook.Finished, 10)
			d.Notify("the notification", job)
			d.AwaitEffects(job)
		},
		Judge: judge.All(judge.Acknowledged, judge.ImportedOnce),
	}
}
