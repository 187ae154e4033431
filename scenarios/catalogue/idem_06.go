package catalogue

import (
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
	"github.com/scrapehook/scrapehook/webhook"
)

func idem06() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "IDEM-06", Level: scenarios.Should,
			Title:    "a job that ended with empty pages, was continued and ended so again is imported again",
			Source:   scenarios.Source{Quote: "a job that failed, or ended with empty or failed pages, can be continued by its user: a fresh notification for the same id follows, with the same or another status", Document: "contract, section 1"},
			Sent:     "shelved (profile 2022: finished) with 10 rows; then, after its user has continued the job, the same form again, with 30 rows",
			Observed: "the later rows, each once; when the second notification was acknowledged and they are missing, data is lost, which fails a MUST",
			Broken:   "keys what it has done by job and status, and takes the second form for a resend",
			Repair:   "Ask the cloud for the job. Its row count and duration tell a resend from a continued job; the form does not.",
			Needs:    []string{"ACK-01", "ACK-02", "DATA-01", "DATA-10", "IDEM-05"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			status := webhook.Shelved
			if !d.Profile().Notifies(status) {
				status = webhook.Finished
			}
			job := d.NewJob()
			d.EndWithEmptyPages(job, status, 10)
			d.Notify("the first end", job)
			d.AwaitEffects(job)
			d.Continue(job)
			d.EndWithEmptyPages(job, status, 30)
			d.Notify("the second end", job)
			d.AwaitEffects(job)
		},
		Judge: judge.All(judge.Acknowledged, func(o scenarios.Observation) []scenarios.Finding {
			// Whether the first end was imported is another requirement's business; the
			// second was acknowledged, so its rows are owed.
			return damage(judge.LastImportedOnce)(scenarios.Observation{Effects: o.Effects[max(0, len(o.Effects)-1):]})
		}),
	}
}
