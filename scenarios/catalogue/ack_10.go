package catalogue

import (
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func ack10() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "ACK-10", Level: scenarios.Must,
			Title:    "every acknowledged job of a burst is imported",
			Source:   scenarios.Source{Quote: "We recommend using a queue system for deferred data import", Document: webhooks2020},
			Sent:     "the notifications of 100 jobs at once (--burst), each with 2 rows",
			Observed: "the rows of every job that was acknowledged",
			Broken:   "answers 2xx, and drops what does not fit into its queue",
			Repair:   "Answer 503 when a notification can't be stored: then it is resent. Let the queue be a table, which has no end.",
			Needs:    []string{"ACK-01", "ACK-05", "DATA-01"},
		},
		Phase:  scenarios.Alone,
		Effect: true,
		Play: func(d *scenarios.Driver) {
			jobs, labels := d.FinishedJobs(d.Burst(), 2, "at once,")
			d.NotifyTogether(labels, jobs)
			d.AwaitEffects(jobs...)
		},
		Judge: func(o scenarios.Observation) []scenarios.Finding {
			findings := damage(judge.ImportedOnce)(o)
			if len(o.Effects) == 0 {
				findings = append(findings, unseen("the burst", "jobs that are acknowledged", "none was: see ACK-09"))
			}
			return findings[:min(len(findings), mostFindings)]
		},
	}
}
