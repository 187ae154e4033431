package scenarios

import (
	"fmt"

	"github.com/scrapehook/scrapehook/simulator/delivery"
)

func idem02() Scenario {
	const copies = 20
	return Scenario{
		Requirement: Requirement{
			ID: "IDEM-02", Level: Must,
			Title:    "duplicates at the same moment have one effect",
			Source:   Source{"no delivery id, no timestamp, no attempt number: a resend and a fresh notification look the same on the wire", "contract, section 1: identity"},
			Sent:     "20 copies of one notification at once",
			Observed: "the rows imported once; whether all copies are answered 2xx (SHOULD)",
			Broken:   "looks whether the job is known and inserts it if not, in two steps, with room for another in between",
			Repair:   "Let a unique key decide: INSERT … ON CONFLICT DO NOTHING, or a lock on the job's row, never a look and then a write.",
			Needs:    []string{"ACK-01", "DATA-01", "IDEM-01"},
		},
		Lane:   Alone,
		Effect: true,
		Play: func(s *Stage) {
			job := s.FinishedJob(20)
			labels := make([]string, copies)
			requests := make([]delivery.Request, copies)
			for i := range copies {
				labels[i] = fmt.Sprintf("copy %d", i+1)
				requests[i].Body = s.Form(job)
			}
			s.SendTogether(job, labels, requests)
			s.AwaitEffects(job)
		},
		Judge: judges(
			func(o Observation) []Finding { return acks(o, Warn, func(Exchange) bool { return true }) },
			importedOnce,
		),
	}
}
