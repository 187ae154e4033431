package catalogue

import (
	"fmt"
	"time"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/internal/judge"
)

func data02() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "DATA-02", Level: scenarios.Must,
			Title:    "a job without rows is imported without an error",
			Source:   scenarios.Source{Quote: "0 bytes before there is data", Document: "contract, section 2: GET scraping-job/{id}/json"},
			Sent:     "one finished job with 0 rows",
			Observed: "2xx, no row, and no end of calls to the API",
			Broken:   "takes an empty file for a failed download, and tries again for ever",
			Repair:   "Compare with stored_record_count: 0 rows of 0 is a whole import.",
			Needs:    []string{"ACK-01"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			job := d.FinishedJob(0)
			d.Notify("the notification", job)
			d.AwaitCalled(job) // a queue may be slow to come to it
			d.AwaitEffects(job)
			d.Pause(d.Pick(15*time.Second, 2*time.Second), "calls that should not come")
			d.AwaitQuiet(job)
		},
		Judge: judge.All(judge.Acknowledged, judge.ImportedOnce, func(o scenarios.Observation) []scenarios.Finding {
			if len(o.Effects) < 2 {
				return nil
			}
			before, after := o.Effects[0].Calls, o.Effects[len(o.Effects)-1].Calls
			if after-before <= 1 {
				return nil
			}
			return []scenarios.Finding{scenarios.Failure(fmt.Sprintf("job %d", o.Effects[0].Job), "no calls to the API once the job is known to have no rows", fmt.Sprintf("%d more calls, after %d", after-before, before))}
		}),
	}
}
