package catalogue

import (
	"fmt"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func data12() scenarios.Scenario {
	const rows = 25_000
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "DATA-12", Level: scenarios.Must,
			Title:    "a job of 25,000 rows is imported whole",
			Source:   scenarios.Source{Quote: "file, one JSON object a line", Document: "contract, section 2: GET scraping-job/{id}/json"},
			Sent:     "one finished job of 25,000 rows, about 10 MB",
			Observed: "how many rows were imported and, where a probe shows it, their content",
			Broken:   "takes the first page of 1,000 rows, caps the body at some megabytes, or has no memory left",
			Repair:   "Read the download as a stream to its end, write the rows in one transaction, and compare their number with stored_record_count.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Phase:  scenarios.Final,
		Effect: true,
		Play: func(d *scenarios.Driver) {
			job := d.FinishedJob(rows)
			d.Notify("the notification", job)
			d.AwaitEffects(job)
		},
		Judge: judge.All(judge.Acknowledged, damage(judge.ImportedOnce), func(o scenarios.Observation) []scenarios.Finding {
			for _, e := range o.Effects {
				if n := len(e.Want); n < rows {
					return []scenarios.Finding{unseen("the job", "a job of 25,000 rows", fmt.Sprintf("one of %d: the file of --records has no more", n))}
				}
			}
			return nil
		}),
	}
}
