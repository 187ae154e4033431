package catalogue

import (
	"fmt"
	"time"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func ret05() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "RET-05", Level: scenarios.Should,
			Title:    "calls about a job that is gone come to an end",
			Source:   scenarios.Source{Quote: "deletes the cloud's copy, so a resend after a lost answer ends in 404 for ever", Document: "contract, section 3: what real receivers get wrong"},
			Sent:     "the notification of a job that was deleted at the cloud meanwhile",
			Observed: "the calls about it: after a while (20 s; 4 s with --fast) at most two more come in each half of that time",
			Broken:   "asks for the job again and again, and uses up the 200 calls that the vendor allows in 15 minutes",
			Repair:   "404 says that the job is gone: record that and end. Try again a few times if you must, with growing waits.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			span := d.Pick(20*time.Second, 4*time.Second)
			job := d.FinishedJob(5)
			d.Delete(job)
			d.Notify("the notification", job)
			d.AwaitCalled(job)
			d.Pause(span, "the first tries to be over")
			windows := 2
			if d.Fast() {
				windows = 4 // its workers may be held up by other scenarios in some
			}
			for late := 0; windows > 0 && late <= mostLateCalls; windows-- {
				before := d.CallsAbout(job)
				d.Pause(span/2, "calls that should not come")
				if late = d.CallsAbout(job) - before; late > mostLateCalls || windows == 1 {
					d.WatchedCalls(late)
				}
			}
		},
		Judge: judge.All(judge.Acknowledged, func(o scenarios.Observation) []scenarios.Finding {
			switch {
			case len(o.Calls) == 0:
				return []scenarios.Finding{unseen("the job", "a call about it", "none came: raise --effect-timeout if the receiver comes to it later")}
			case o.LateCalls > mostLateCalls:
				return []scenarios.Finding{scenarios.Failure("the job that is gone", "an end of the calls about it", fmt.Sprintf("%d calls in some seconds, long after the first", o.LateCalls))}
			}
			return nil
		}),
	}
}

// mostLateCalls is how many calls about a job that is gone may still come in a
// window of RET-05.
const mostLateCalls = 2
