package scenarios

import (
	"github.com/scrapehook/scrapehook/webhook"
)

func form08() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "FORM-08", Level: Should,
			Title:    "ids beyond 53 bits are kept whole",
			Source:   Source{"scrapingjob_id int", "contract, section 1: fields"},
			Sent:     "a finished job whose id is 2^53+11 and more",
			Observed: "the rows under exactly that id",
			Broken:   "keeps ids as floating point numbers, as JavaScript's are",
			Repair:   "Keep ids as 64-bit integers, or as the text that came.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Effect: true,
		Play: func(s *Stage) {
			job := s.NewJobWithID(1<<53 + 11 + 2*s.lab.newID()) // odd, so no float64 is equal to it
			s.End(job, webhook.Finished, 10)
			s.Notify("the notification", job)
			s.AwaitEffects(job)
		},
		Judge: judges(acknowledged, importedOnce),
	}
}
