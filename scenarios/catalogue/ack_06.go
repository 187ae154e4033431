package catalogue

import (
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/internal/judge"
)

func ack06() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "ACK-06", Level: scenarios.Must,
			Title:    "notifications are answered while imports are busy",
			Source:   scenarios.Source{Quote: "We recommend using a queue system for deferred data import", Document: webhooks2020},
			Sent:     "20 jobs whose downloads stop half-way until the end of the scenario, then 20 more jobs",
			Observed: "that the later 20 are answered as in ACK-01",
			Broken:   "imports on the threads that answer requests, until none is left; or holds a lock on the inbox while it imports",
			Repair:   "Give imports a few workers of their own, and do not hold a transaction or a lock open during a download.",
			Needs:    []string{"ACK-01", "ACK-04"},
		},
		Phase: scenarios.Delayed,
		Play: func(d *scenarios.Driver) {
			const half = 20
			const hold = 30 * time.Second // longer than answers may be measured twice
			release := make(chan struct{})
			busy, labels := d.FinishedJobs(half, 20, "busy")
			for _, job := range busy {
				d.BreakDownloads(job, 0, fault.Fault{Kind: fault.Stall, After: 500, Delay: hold, Release: release})
			}
			d.Delay(hold)
			d.NotifyTogether(labels, busy)
			d.PauseInSlot(d.Pick(2*time.Second, 500*time.Millisecond), "imports to get busy")
			d.NotifyTimely("more, one of 20 at once", half, func() scenarios.Job { return d.FinishedJob(1) })
			close(release)
			for _, job := range busy {
				d.AwaitCallEnd(job, 5*time.Second)
			}
		},
		Judge: func(o scenarios.Observation) []scenarios.Finding {
			return judge.AcknowledgedWhere(o, scenarios.Fail, func(x scenarios.Exchange) bool { return strings.HasPrefix(x.Label, "more") })
		},
	}
}
