package catalogue

import (
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func data01() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "DATA-01", Level: scenarios.Must,
			Title:    "the rows imported are the job's rows",
			Source:   scenarios.Source{Quote: "GET scraping-job/{id}/json: one JSON object a line", Document: "contract, section 2"},
			Sent:     "one finished job of 250 rows",
			Observed: "how many rows were imported and, where a probe shows it, their content",
			Broken:   "parses the whole file as one JSON, loses the last line, or imports another job's data",
			Repair:   "Download the job that this notification names, read it line by line, parse each as one JSON object, and compare the count with the job's stored_record_count.",
			Needs:    []string{"ACK-01"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			job := d.FinishedJob(250)
			d.Notify("the notification", job)
			d.AwaitEffects(job)
		},
		Judge: judge.All(judge.Acknowledged, judge.ImportedOnce),
	}
}
