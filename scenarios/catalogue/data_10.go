package catalogue

import (
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
	"github.com/scrapehook/scrapehook/webhook"
)

func data10() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "DATA-10", Level: scenarios.Should,
			Title:    "rows of a job that ended with empty or failed pages are imported",
			Source:   scenarios.Source{Quote: "shelved - ... it finished with empty or failed pages", Document: webhooks2020},
			Sent:     "shelved with 20 rows (profile 2022: finished with empty pages)",
			Observed: "the rows, each once",
			Broken:   "knows finished only",
			Repair:   "Treat shelved as an end with data.",
			Needs:    []string{"ACK-01", "ACK-02", "DATA-01"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			status := webhook.Shelved
			if !d.Profile().Notifies(status) {
				status = webhook.Finished
			}
			job := d.NewJob()
			d.EndWithEmptyPages(job, status, 20)
			d.Notify(string(status), job)
			d.AwaitEffects(job)
		},
		Judge: judge.All(judge.Acknowledged, judge.ImportedOnce),
	}
}
