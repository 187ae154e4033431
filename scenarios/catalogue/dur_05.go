package catalogue

import (
	"fmt"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func dur05() scenarios.Scenario {
	const count = 8
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "DUR-05", Level: scenarios.Must,
			Title:    "nothing that is acknowledged while the receiver starts is lost",
			Source:   scenarios.Source{Quote: "In case of an error code or a timeout the notification will be resent after a 30 second delay.", Document: webhooks2020},
			Sent:     "the receiver is killed and started again; notifications of 8 jobs, one after the other, from the first moment that its port answers",
			Observed: "the rows of every acknowledged job, each once",
			Broken:   "answers before its queue or its database is there, and drops what comes until then",
			Repair:   "Open the port last. Until the inbox takes notifications, answer 503.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Phase:  scenarios.Kill,
		Effect: true,
		Play: func(d *scenarios.Driver) {
			jobs := make([]scenarios.Job, count)
			labels := make([]string, count)
			for i := range count {
				jobs[i], labels[i] = d.FinishedJob(5), fmt.Sprintf("at the start, %d of %d", i+1, count)
			}
			d.NotifyWhileStarting(labels, jobs)
			d.AwaitRetriedEffects(jobs...)
		},
		Judge: func(o scenarios.Observation) []scenarios.Finding {
			if len(o.Effects) == 0 {
				return []scenarios.Finding{unseen("the start", "notifications that are acknowledged", "none was")}
			}
			return damage(judge.ImportedOnce)(o)
		},
	}
}
