package catalogue

import (
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
	"github.com/scrapehook/scrapehook/webhook"
)

func idem11() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "IDEM-11", Level: scenarios.Must,
			Title:    "a job that ends again under another status has no row twice",
			Source:   scenarios.Source{Quote: "scraping job marked as failed; however, the user can continue it manually", Document: webhooks2020},
			Sent:     "shelved with 10 rows (profile 2022: failed), whose import is awaited; then, after its user has continued the job, finished with 30",
			Observed: "the 30 rows, each once",
			Broken:   "keys rows by job and status, so that the earlier ones stay beside the later ones",
			Repair:   "A job's rows replace those that it had, in one transaction, whatever status they came with.",
			Needs:    []string{"ACK-01", "ACK-02", "DATA-01"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			first := webhook.Shelved
			if !d.Profile().Notifies(first) {
				first = webhook.Failed
			}
			job := d.NewJob()
			d.EndWithEmptyPages(job, first, 10)
			d.Notify(string(first), job)
			d.AwaitCalled(job)
			d.AwaitQuiet(job) // whether these are imported is DATA-10's business
			d.Continue(job)
			d.End(job, webhook.Finished, 30)
			d.Notify("finished", job)
			d.AwaitEffects(job)
		},
		Judge: judge.All(judge.Acknowledged, func(o scenarios.Observation) []scenarios.Finding {
			return damage(judge.ImportedOnce)(scenarios.Observation{Effects: o.Effects[max(0, len(o.Effects)-1):]})
		}),
	}
}
