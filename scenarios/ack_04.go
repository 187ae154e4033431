package scenarios

import (
	"time"

	"github.com/scrapehook/scrapehook/simulator/fault"
)

func ack04() Scenario {
	const stall = 15 * time.Second
	return Scenario{
		Requirement: Requirement{
			ID: "ACK-04", Level: Must,
			Title:    "the answer does not wait for the import",
			Source:   Source{"send a success response immediately after receiving the request otherwise notification sender could timeout and resend the notification which could generate unexpected results", webhooks2020},
			Sent:     "one finished notification, while the cloud stalls the download for 15 s",
			Observed: "whether it is answered within 10 s",
			Broken:   "downloads and imports in the handler, before it answers: a slow download becomes a timeout, a resend and a second import",
			Repair:   "Only store the notification in the handler and answer. Import in a worker, from a queue.",
			Needs:    []string{"ACK-01"},
		},
		Lane: Delayed,
		Play: func(s *Stage) {
			var jobs []Job
			answered := make(chan struct{})
			s.NotifyTimely("the notification", 1, func() Job {
				job := s.FinishedJob(20)
				s.BreakDownloads(job, stall, fault.Fault{Kind: fault.Stall, Delay: stall, Release: answered})
				jobs = append(jobs, job)
				return job
			})
			if s.Fast() {
				close(answered) // the rest of the stall is a pause of our own
			}
			for _, job := range jobs {
				s.AwaitCallEnd(job, stall+5*time.Second)
			}
		},
		Judge: acknowledged,
	}
}
