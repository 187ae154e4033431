package scenarios

import "time"

func sec04() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "SEC-04", Level: Should,
			Title:    "slow senders do not starve others",
			Source:   Source{"it has to respond with 2xx HTTP status code within 10 seconds", webhooks2020},
			Sent:     "100 connections that send a byte a second; meanwhile, a proper notification",
			Observed: "that the notification is answered as in ACK-01",
			Broken:   "has a thread or a process for each connection, and no time limit on reading",
			Repair:   "Let an event-driven server or a proxy read requests whole before they reach a worker, and limit the time of reading.",
			Needs:    []string{"ACK-01"},
		},
		Lane: Alone,
		Play: func(s *Stage) {
			stop := s.drip(100)
			defer stop()
			s.Hold(s.Pick(3*time.Second, time.Second), "the slow senders to be taken up")
			s.NotifyTimely("a notification meanwhile", 1, func() Job { return s.FinishedJob(5) })
		},
		Judge: acknowledged,
	}
}
