package catalogue

import (
	"fmt"
	"time"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func dur01() scenarios.Scenario {
	const kills = 10
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "DUR-01", Level: scenarios.Must,
			Title:    "an acknowledged notification survives a kill right after its answer",
			Source:   scenarios.Source{Quote: "We recommend using a queue system for deferred data import", Document: webhooks2020},
			Sent:     "ten notifications; from the first byte of each answer to a few milliseconds later, the receiver's process group is killed, and started again",
			Observed: "the rows of every acknowledged notification, each once",
			Broken:   "answers before anything is on disk: the job waits in memory, in a thread, in an unsynced file",
			Repair:   "Answer after the commit: one row in a database that syncs (SQLite with synchronous=FULL, PostgreSQL as it comes) or a file after fsync. At the start, take up what is there and not done.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Phase:  scenarios.Kill,
		Effect: true,
		Play: func(d *scenarios.Driver) {
			var jobs, unanswered []scenarios.Job
			var last scenarios.Exchange
			for i := range kills {
				job := d.FinishedJob(10)
				x := d.NotifyAndKill(fmt.Sprintf("before kill %d of %d", i+1, kills), job, time.Duration(i)*500*time.Microsecond)
				d.RestartReceiver()
				if !d.Acknowledged(job) {
					unanswered, last = append(unanswered, job), x
				}
				jobs = append(jobs, job)
			}
			if len(unanswered) > 0 { // the kill cut the answer, so the sender resends
				d.AwaitResend(last, 1)
				d.PauseInSlot(cameUp, "the receiver to have come up")
				for _, job := range unanswered {
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
			func(o scenarios.Observation) []scenarios.Finding {
				hit := 0
				for _, x := range o.Exchanges {
					if x.Acknowledged() && x.Label != "the resend" {
						hit++
					}
				}
				if hit > kills/2 {
					return nil
				}
				return []scenarios.Finding{unseen("the kills", "most of them after an acknowledgement", fmt.Sprintf("%d of %d", hit, kills))}
			},
		),
	}
}
