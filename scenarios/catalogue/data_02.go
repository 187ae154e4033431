package catalogue

import (
	"fmt"
	"time"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func data02() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "DATA-02", Level: scenarios.Must,
			Title:    "a job without rows is imported without an error",
			Source:   scenarios.Source{Quote: "0 bytes before there is data", Document: "contract, section 2: GET scraping-job/{id}/json"},
			Sent:     "one finished job with 0 rows",
			Observed: "2xx, no row, and at most two downloads",
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
			downloads := 0
			for _, c := range o.Calls {
				if c.Download() {
					downloads++
				}
			}
			const most = 2 // one more, to be sure
			switch {
			case len(o.Calls) == 0:
				return []scenarios.Finding{unseen("the job", "a call about it", "none came: raise --effect-timeout if the receiver comes to it later")}
			case downloads > most:
				return []scenarios.Finding{scenarios.Failure("the job", "an end of its downloads, once it is known to have no rows", fmt.Sprintf("%d downloads", downloads))}
			}
			return nil
		}),
	}
}
