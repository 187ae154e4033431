package scenarios

import (
	"time"
)

func idem04() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "IDEM-04", Level: Must,
			Title:    "a late duplicate, long after the import ended, changes nothing",
			Source:   Source{"a resend and a fresh notification look the same on the wire", "contract, section 1: identity"},
			Sent:     "one notification, and the same again after its rows were seen",
			Observed: "2xx, and the rows once",
			Broken:   "forgets a notification when its import is done, or after some minutes",
			Repair:   "What is imported is its own record: compare with it, not with what is under way.",
			Needs:    []string{"ACK-01", "DATA-01", "IDEM-01"},
		},
		Effect: true,
		Play: func(s *Stage) {
			job := s.FinishedJob(20)
			s.Notify("the first", job)
			s.AwaitEffects(job)
			s.Pause(s.Pick(5*time.Second, 500*time.Millisecond), "the duplicate to be late")
			s.Notify("the late duplicate", job)
			s.AwaitEffects(job)
		},
		Judge: judges(acknowledged, importedOnce),
	}
}
