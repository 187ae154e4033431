package catalogue

import (
	"time"

	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func ack04() scenarios.Scenario {
	const stall = 15 * time.Second
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "ACK-04", Level: scenarios.Must,
			Title:    "the answer does not wait for the import",
			Source:   scenarios.Source{Quote: "send a success response immediately after receiving the request otherwise notification sender could timeout and resend the notification which could generate unexpected results", Document: webhooks2020},
			Sent:     "one finished notification, while the cloud stalls the download for 15 s",
			Observed: "whether it is answered within 10 s",
			Broken:   "downloads and imports in the handler, before it answers: a slow download becomes a timeout, a resend and a second import",
			Repair:   "Only store the notification in the handler and answer. Import in a worker, from a queue.",
			Needs:    []string{"ACK-01"},
		},
		Phase: scenarios.Delayed,
		Play: func(d *scenarios.Driver) {
			var jobs []scenarios.Job
			answered := make(chan struct{})
			d.NotifyTimely("the notification", 1, func() scenarios.Job {
				job := d.FinishedJob(20)
				d.BreakDownloads(job, stall, fault.Fault{Kind: fault.Stall, Delay: stall, Release: answered})
				jobs = append(jobs, job)
				return job
			})
			if d.Fast() {
				close(answered) // the rest of the stall is a pause of our own
			}
			for _, job := range jobs {
				d.AwaitCallEnd(job, stall+5*time.Second)
			}
		},
		Judge: judge.Acknowledged,
	}
}
