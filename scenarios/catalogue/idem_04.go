package catalogue

import (
	"time"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func idem04() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "IDEM-04", Level: scenarios.Must,
			Title:    "a late duplicate, long after the import ended, changes nothing",
			Source:   scenarios.Source{Quote: "a resend and a fresh notification look the same on the wire", Document: "contract, section 1: identity"},
			Sent:     "one notification, and the same again after its rows were seen",
			Observed: "2xx, and the rows once",
			Broken:   "forgets a notification when its import is done, or after some minutes",
			Repair:   "What is imported is its own record: compare with it, not with what is under way.",
			Needs:    []string{"ACK-01", "DATA-01", "IDEM-01"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			job := d.FinishedJob(20)
			d.Notify("the first", job)
			d.AwaitEffects(job)
			d.Pause(d.Pick(5*time.Second, 500*time.Millisecond), "the duplicate to be late")
			d.Notify("the late duplicate", job)
			d.AwaitEffects(job)
		},
		Judge: judge.All(judge.Acknowledged, judge.ImportedOnce),
	}
}
