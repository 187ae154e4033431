package catalogue

import (
	"slices"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/internal/api"
	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func ack06() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "ACK-06", Level: scenarios.Must,
			Title:    "notifications are answered while imports are busy",
			Source:   scenarios.Source{Quote: "We recommend using a queue system for deferred data import", Document: webhooks2020},
			Sent:     "20 jobs whose downloads stop half-way until the end of the scenario, then 20 more jobs, four at a time",
			Observed: "that the later 20 are answered as in ACK-01",
			Broken:   "imports on the threads that answer requests, until none is left; or holds a lock on the inbox while it imports",
			Repair:   "Give imports a few workers of their own, and do not hold a transaction or a lock open during a download.",
			Needs:    []string{"ACK-01", "ACK-04"},
		},
		Phase: scenarios.Delayed,
		Play: func(d *scenarios.Driver) {
			const half, atOnce = 20, 4
			const hold = 30 * time.Second // longer than answers may be measured twice
			release := make(chan struct{})
			busy, labels := d.FinishedJobs(half, 20, "busy")
			for _, job := range busy {
				d.BreakDownloads(job, 0, fault.Fault{Kind: fault.Stall, After: 500, Delay: hold, Release: release})
			}
			d.Delay(hold)
			d.NotifyTogether(labels, busy)
			d.AwaitDownloadBegun(busy...)
			d.PauseInSlot(d.Pick(2*time.Second, 500*time.Millisecond), "imports to get busy")
			for range half / atOnce {
				var more []scenarios.Job
				d.NotifyTimely("more, while imports are busy", atOnce, func() scenarios.Job {
					more = append(more, d.FinishedJob(1))
					return more[len(more)-1]
				})
				if slices.ContainsFunc(more[len(more)-atOnce:], func(j scenarios.Job) bool { return !d.Acknowledged(j) }) {
					break
				}
			}
			close(release)
		},
		Judge: func(o scenarios.Observation) []scenarios.Finding {
			later := func(x scenarios.Exchange) bool { return strings.HasPrefix(x.Label, "more") }
			findings := judge.AcknowledgedWhere(o, scenarios.Fail, later)
			if first := slices.IndexFunc(o.Exchanges, later); len(findings) == 0 && !busyAt(o, o.Exchanges[first].Planned) {
				findings = append(findings, unseen("imports", "under way meanwhile", "no download was: the receiver imports later"))
			}
			return findings
		},
	}
}

// busyAt reports whether a download was under way at a moment.
func busyAt(o scenarios.Observation, at time.Time) bool {
	return slices.ContainsFunc(o.Calls, func(c api.Call) bool {
		return c.Download() && c.Began.Before(at) && (c.Ended.IsZero() || c.Ended.After(at))
	})
}
