package catalogue

import (
	"fmt"
	"strings"

	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func ret03() scenarios.Scenario {
	const others = 10
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "RET-03", Level: scenarios.Must,
			Title:    "a job that can't be imported does not hold up others",
			Source:   scenarios.Source{Quote: "We recommend using a queue system for deferred data import", Document: webhooks2020},
			Sent:     "a job whose every download is answered 500, and then ten others, five of them of the same sitemap",
			Observed: "the rows of the ten, each once",
			Broken:   "takes the first of its queue again and again until it succeeds",
			Repair:   "Put a job that failed back with the time of its next try, and take the next one that is due.",
			Needs:    []string{"ACK-01", "DATA-01", "IDEM-08"},
		},
		Phase:  scenarios.Delayed,
		Effect: true,
		Play: func(d *scenarios.Driver) {
			bad := d.FinishedJob(5)
			mend := d.FailDownloads(bad, fault.Fault{Kind: fault.ServerError})
			defer mend()
			d.Notify("the job that fails", bad)
			var jobs []scenarios.Job
			for i := range others {
				job := d.FinishedJobBeside(bad, 10) // of the same sitemap
				if i >= others/2 {
					job = d.FinishedJob(10)
				}
				d.Notify(fmt.Sprintf("behind it, %d of %d", i+1, others), job)
				jobs = append(jobs, job)
			}
			d.AwaitRetriedEffects(jobs...)
		},
		Judge: judge.All(
			func(o scenarios.Observation) []scenarios.Finding {
				return judge.AcknowledgedWhere(o, scenarios.Fail, func(x scenarios.Exchange) bool { return strings.HasPrefix(x.Label, "behind it") })
			},
			damage(judge.ImportedOnce),
		),
	}
}
