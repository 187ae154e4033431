package scenarios

import (
	"fmt"
	"slices"
)

func ack09() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "ACK-09", Level: Should,
			Title:    "a burst is answered whole",
			Source:   Source{"In case of an error code or a timeout the notification will be resent after a 30 second delay.", webhooks2020},
			Sent:     "the notifications of 100 jobs at once (--burst), with the resends that they need",
			Observed: "that every job is acknowledged in the end, and how many needed a resend",
			Broken:   "has room for a handful of requests, and refuses the rest each time",
			Repair:   "Let requests wait for the write instead of refusing them, and write many in one transaction.",
			Needs:    []string{"ACK-01", "ACK-05"},
		},
		Lane: Alone,
		Play: func(s *Stage) {
			jobs, _ := s.FinishedJobs(s.Burst(), 1, "")
			for attempt := 1; len(jobs) > 0 && attempt <= 3; attempt++ {
				labels := make([]string, len(jobs))
				for i := range labels {
					labels[i] = fmt.Sprintf("attempt %d, %d of %d at once", attempt, i+1, len(jobs))
				}
				answers := s.NotifyTogether(labels, jobs)
				jobs = slices.DeleteFunc(jobs, s.acknowledged)
				s.Note("after attempt %d, %d of %d are not acknowledged", attempt, len(jobs), s.Burst())
				if len(jobs) > 0 && attempt < 3 {
					s.AwaitResend(answers[len(answers)-1], attempt)
				}
			}
		},
		Judge: func(o Observation) []Finding {
			last := map[int64]Exchange{}
			for _, x := range o.Exchanges {
				last[x.Job] = x
			}
			var never []Exchange
			for _, x := range last {
				if !x.acknowledges() {
					never = append(never, x)
				}
			}
			if len(never) == 0 {
				return nil
			}
			return []Finding{{
				Fail, fmt.Sprintf("%d of %d jobs", len(never), len(last)), "2xx after at most 3 attempts", "for example " + never[0].outcome(),
			}}
		},
	}
}
