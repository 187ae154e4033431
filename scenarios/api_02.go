package scenarios

import (
	"fmt"
	"net/http"
	"time"

	"github.com/scrapehook/scrapehook/simulator/fault"
)

func api02() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "API-02", Level: Should,
			Title:    "Retry-After is honoured",
			Source:   Source{"when reached: 429, Retry-After in seconds", "contract, section 2"},
			Sent:     "one finished notification, whose first download is answered 429 with Retry-After: 3",
			Observed: "when the next call for the job comes",
			Broken:   "tries again at once, which the vendor counts too",
			Repair:   "Wait as long as Retry-After says.",
			Needs:    []string{"ACK-01", "DATA-01", "DATA-06"},
		},
		Lane:   Delayed,
		Effect: true,
		Play: func(s *Stage) {
			job := s.FinishedJob(10)
			s.BreakDownloads(job, retryAfter, fault.Fault{Kind: fault.TooManyRequests, RetryAfter: retryAfter})
			s.Notify("the notification", job)
			s.AwaitRetriedEffects(job)
		},
		Judge: func(o Observation) []Finding {
			for i, c := range o.Calls {
				if c.Status != http.StatusTooManyRequests || i+1 == len(o.Calls) {
					continue
				}
				// From its beginning, because its end may be noted late on a busy
				// machine; a tick of our clocks is not the receiver's fault either.
				if wait := o.Calls[i+1].Began.Sub(c.Began); wait < retryAfter-10*time.Millisecond {
					return []Finding{{
						Fail, fmt.Sprintf("job %d", c.JobID), "the next call after " + retryAfter.String(), "after " + round(wait).String(),
					}}
				}
			}
			return nil
		},
	}
}

const retryAfter = 3 * time.Second
