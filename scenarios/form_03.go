package scenarios

import (
	"github.com/scrapehook/scrapehook/webhook"
)

func form03() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "FORM-03", Level: Should,
			Title:    "ids beyond 32 bits are kept whole",
			Source:   Source{"scrapingjob_id int", "contract, section 1: fields"},
			Sent:     "a finished job whose id is 2^31+7 and more",
			Observed: "the rows under exactly that id",
			Broken:   "keeps ids in 32 bits: a column INT, an int32",
			Repair:   "Keep ids in 64 bits: BIGINT, int64.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Effect: true,
		Play: func(s *Stage) {
			job := s.NewJobWithID(1<<31 + 7 + s.lab.newID())
			s.End(job, webhook.Finished, 10)
			s.Notify("the notification", job)
			s.AwaitEffects(job)
		},
		Judge: judges(acknowledged, importedOnce),
	}
}
