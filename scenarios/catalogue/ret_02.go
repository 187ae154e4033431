package catalogue

import (
	"time"

	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func ret02() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "RET-02", Level: scenarios.Must,
			Title:    "a failing call about the job, not its download, loses nothing",
			Source:   scenarios.Source{Quote: "GET scraping-job/{id}", Document: "contract, section 2"},
			Sent:     "three finished jobs; the first call about each is answered 500 or 429, or is reset",
			Observed: "the rows of each, each once; a receiver that makes no such call is right too",
			Broken:   "tries downloads again, but not the call before them; or takes any error for \"no such job\"",
			Repair:   "Make all calls of an import part of one job of the queue, which is tried again as a whole. Only 404 says that there is no job.",
			Needs:    []string{"ACK-01", "DATA-01", "DATA-06"},
		},
		Phase:  scenarios.Delayed,
		Effect: true,
		Play: func(d *scenarios.Driver) {
			var jobs []scenarios.Job
			for _, f := range []fault.Fault{{Kind: fault.ServerError}, {Kind: fault.TooManyRequests, RetryAfter: time.Second}, {Kind: fault.Reset}} {
				job := d.FinishedJob(20)
				job.Label = string(f.Kind)
				d.BreakCalls(job, f)
				d.Notify(job.Label, job)
				jobs = append(jobs, job)
			}
			d.AwaitRetriedEffects(jobs...)
		},
		Judge: judge.All(judge.Acknowledged, damage(judge.ImportedOnce)),
	}
}
