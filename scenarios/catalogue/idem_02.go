package catalogue

import (
	"fmt"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func idem02() scenarios.Scenario {
	const copies = 20
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "IDEM-02", Level: scenarios.Must,
			Title:    "duplicates of a notification at the same moment have one effect",
			Source:   scenarios.Source{Quote: "no delivery id, no timestamp, no attempt number: a resend and a fresh notification look the same on the wire", Document: "contract, section 1: identity"},
			Sent:     "20 copies of one notification at once",
			Observed: "the rows imported once; whether all copies are answered 2xx (SHOULD)",
			Broken:   "looks whether the job is known and inserts it if not, in two steps, with room for another in between",
			Repair:   "Let a unique key decide: INSERT … ON CONFLICT DO NOTHING, or a lock on the job's row, never a look and then a write.",
			Needs:    []string{"ACK-01", "DATA-01", "IDEM-01"},
		},
		Phase:  scenarios.Alone,
		Effect: true,
		Play: func(d *scenarios.Driver) {
			job := d.FinishedJob(20)
			labels := make([]string, copies)
			requests := make([]delivery.Request, copies)
			for i := range copies {
				labels[i] = fmt.Sprintf("copy %d", i+1)
				requests[i].Body = d.Form(job)
			}
			d.SendTogether(job, labels, requests)
			d.AwaitEffects(job)
		},
		Judge: judge.All(
			func(o scenarios.Observation) []scenarios.Finding {
				return judge.AcknowledgedWhere(o, scenarios.Warn, func(scenarios.Exchange) bool { return true })
			},
			judge.ImportedOnce,
		),
	}
}
