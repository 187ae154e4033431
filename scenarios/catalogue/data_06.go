package catalogue

import (
	"time"

	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func data06() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "DATA-06", Level: scenarios.Must,
			Title:    "a download refused with 429 is tried again and imported",
			Source:   scenarios.Source{Quote: "Rate limit: 200 calls per 15 minutes per user; when reached: 429, Retry-After in seconds", Document: "contract, section 2"},
			Sent:     "one finished notification, whose first download is answered 429 with Retry-After",
			Observed: "the rows imported once",
			Broken:   "gives up after the first failed download, or stores the error as data: the notification was acknowledged, so nobody sends it again",
			Repair:   "Keep the job in the queue until its rows are in. Try again after Retry-After, or with growing waits.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Phase:  scenarios.Delayed,
		Effect: true,
		Play: func(d *scenarios.Driver) {
			wait := d.Pick(3*time.Second, time.Second)
			job := d.FinishedJob(20)
			d.BreakDownloads(job, wait, fault.Fault{Kind: fault.TooManyRequests, RetryAfter: wait})
			d.Notify("the notification", job)
			d.AwaitRetriedEffects(job)
		},
		Judge: judge.All(judge.Acknowledged, judge.ImportedOnce),
	}
}
