package catalogue

import (
	"slices"
	"time"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func dur03() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "DUR-03", Level: scenarios.Should,
			Title:    "a receiver that is asked to stop loses nothing",
			Source:   scenarios.Source{Quote: "We recommend using a queue system for deferred data import", Document: webhooks2020},
			Sent:     "SIGTERM during a burst of 30 jobs; the receiver is started again, and what was not acknowledged is resent",
			Observed: "every acknowledged job once",
			Broken:   "drops what is queued in memory, or cuts requests off that it has half answered",
			Repair:   "Stop taking requests, finish those under way, and leave the rest in the durable queue.",
			Needs:    []string{"ACK-01", "DATA-01", "DUR-01"},
		},
		Phase:  scenarios.Kill,
		Effect: true,
		Polite: true,
		Play: func(d *scenarios.Driver) {
			jobs, labels := d.FinishedJobs(30, 5, "at once,")
			d.PauseInSlot(cameUp, "the receiver to have come up")
			answers := d.NotifyWhileStopping(labels, jobs)
			d.StartReceiver()
			missing := slices.DeleteFunc(slices.Clone(jobs), d.Acknowledged)
			d.Note("%d of %d were not acknowledged", len(missing), len(jobs))
			if len(missing) > 0 {
				d.AwaitResend(answers[len(answers)-1], 1)
				d.PauseInSlot(cameUp, "the receiver to have come up")
				for _, job := range missing {
					d.Notify("the resend", job)
				}
			}
			d.AwaitRetriedEffects(jobs...)
		},
		Judge: judge.All(
			func(o scenarios.Observation) []scenarios.Finding {
				return judge.AcknowledgedWhere(o, scenarios.Fail, func(x scenarios.Exchange) bool { return x.Label == "the resend" })
			},
			damage(judge.ImportedOnce),
		),
	}
}

// cameUp is what a receiver is given after its start, because what is lost while
// it starts is the business of DUR-05.
const cameUp = 400 * time.Millisecond
