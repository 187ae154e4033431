package scenarios

import (
	"time"

	"github.com/scrapehook/scrapehook/simulator/fault"
)

func data06() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "DATA-06", Level: Must,
			Title:    "a download refused with 429 is tried again and imported",
			Source:   Source{"Rate limit: 200 calls per 15 minutes per user; when reached: 429, Retry-After in seconds", "contract, section 2"},
			Sent:     "one finished notification, whose first download is answered 429 with Retry-After",
			Observed: "the rows imported once",
			Broken:   "gives up after the first failed download, or stores the error as data: the notification was acknowledged, so nobody sends it again",
			Repair:   "Keep the job in the queue until its rows are in. Try again after Retry-After, or with growing waits.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Lane:   Delayed,
		Effect: true,
		Play: func(s *Stage) {
			wait := s.Pick(3*time.Second, time.Second)
			job := s.FinishedJob(20)
			s.BreakDownloads(job, wait, fault.Fault{Kind: fault.TooManyRequests, RetryAfter: wait})
			s.Notify("the notification", job)
			s.AwaitRetriedEffects(job)
		},
		Judge: judges(acknowledged, importedOnce),
	}
}
