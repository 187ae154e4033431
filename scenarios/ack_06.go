package scenarios

import (
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/simulator/fault"
)

func ack06() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "ACK-06", Level: Must,
			Title:    "answers keep coming while imports are busy",
			Source:   Source{"We recommend using a queue system for deferred data import", webhooks2020},
			Sent:     "20 jobs whose downloads stop half-way until the end of the scenario, then 20 more jobs",
			Observed: "that the later 20 are answered as in ACK-01",
			Broken:   "imports on the threads that answer requests, until none is left; or holds a lock on the inbox while it imports",
			Repair:   "Give imports a few workers of their own, and do not hold a transaction or a lock open during a download.",
			Needs:    []string{"ACK-01", "ACK-04"},
		},
		Lane: Delayed,
		Play: func(s *Stage) {
			const half = 20
			const hold = 30 * time.Second // longer than answers may be measured twice
			release := make(chan struct{})
			busy, labels := s.FinishedJobs(half, 20, "busy")
			for _, job := range busy {
				s.BreakDownloads(job, 0, fault.Fault{Kind: fault.Stall, After: 500, Delay: hold, Release: release})
			}
			s.Delay(hold)
			s.NotifyTogether(labels, busy)
			s.Hold(s.Pick(2*time.Second, 500*time.Millisecond), "imports to get busy")
			s.NotifyTimely("more, one of 20 at once", half, func() Job { return s.FinishedJob(1) })
			close(release)
			for _, job := range busy {
				s.AwaitCallEnd(job, 5*time.Second)
			}
		},
		Judge: func(o Observation) []Finding {
			return acks(o, Fail, func(x Exchange) bool { return strings.HasPrefix(x.Label, "more") })
		},
	}
}
