package catalogue

import (
	"fmt"
	"net/http"

	"github.com/scrapehook/scrapehook/scenarios"
)

func api01() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "API-01", Level: scenarios.Should,
			Title:    "an import takes at most four API calls",
			Source:   scenarios.Source{Quote: "Rate limit: 200 calls per 15 minutes per user", Document: "contract, section 2"},
			Sent:     "10 finished jobs at once",
			Observed: "that the cloud sees at most 4 calls for each job; a DELETE does not count",
			Broken:   "asks for the job again and again, or downloads the data in every format",
			Repair:   "Ask for the job, download its rows, and ask once more before the commit if you must.",
			Needs:    []string{"ACK-01", "DATA-01", "API-03"},
		},
		Phase:  scenarios.Alone,
		Effect: true,
		Play: func(d *scenarios.Driver) {
			jobs, labels := d.FinishedJobs(10, 5, "at once,")
			d.NotifyTogether(labels, jobs)
			d.AwaitEffects(jobs...)
		},
		Judge: func(o scenarios.Observation) []scenarios.Finding {
			const most = 4
			calls := map[int64]int{}
			for _, c := range o.Calls {
				if c.Method != http.MethodDelete {
					calls[c.JobID]++
				}
			}
			var findings []scenarios.Finding
			for _, e := range o.Effects {
				if n := calls[e.Job]; n > most {
					findings = append(findings, scenarios.Failure(e.Subject(), fmt.Sprintf("at most %d calls", most), fmt.Sprintf("%d calls", n)))
				}
			}
			return findings[:min(len(findings), mostFindings)]
		},
	}
}
