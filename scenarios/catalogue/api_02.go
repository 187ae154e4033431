package catalogue

import (
	"fmt"
	"net/http"
	"time"

	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/scenarios"
)

func api02() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "API-02", Level: scenarios.Should,
			Title:    "the receiver waits as long as Retry-After says",
			Source:   scenarios.Source{Quote: "when reached: 429, Retry-After in seconds", Document: "contract, section 2"},
			Sent:     "one finished notification, whose first download is answered 429 with Retry-After: 3",
			Observed: "when the next call for the job comes; a queue that counts in whole seconds may be one early",
			Broken:   "tries again at once, which the vendor counts too",
			Repair:   "Wait as long as Retry-After says.",
			Needs:    []string{"ACK-01", "DATA-01", "DATA-06"},
		},
		Phase:  scenarios.Delayed,
		Effect: true,
		Play: func(d *scenarios.Driver) {
			job := d.FinishedJob(10)
			d.BreakDownloads(job, retryAfter, fault.Fault{Kind: fault.TooManyRequests, RetryAfter: retryAfter})
			d.Notify("the notification", job)
			d.AwaitRetriedEffects(job)
		},
		Judge: func(o scenarios.Observation) []scenarios.Finding {
			for i, c := range o.Calls {
				if c.Status != http.StatusTooManyRequests || i+1 == len(o.Calls) {
					continue
				}
				// From its beginning, because its end may be noted late on a busy
				// machine. A queue that keeps whole seconds is up to one early.
				if wait := o.Calls[i+1].Began.Sub(c.Began); wait <= retryAfter-time.Second {
					return []scenarios.Finding{scenarios.Failure(fmt.Sprintf("job %d", c.JobID), "the next call after "+retryAfter.String(), "after "+wait.Round(time.Millisecond).String())}
				}
			}
			return nil
		},
	}
}

const retryAfter = 3 * time.Second
