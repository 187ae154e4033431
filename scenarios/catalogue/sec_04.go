package catalogue

import (
	"time"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func sec04() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "SEC-04", Level: scenarios.Should,
			Title:    "connections that send slowly do not keep others from being answered",
			Source:   scenarios.Source{Quote: "it has to respond with 2xx HTTP status code within 10 seconds", Document: webhooks2020},
			Sent:     "100 connections that send a byte a second; meanwhile, a proper notification",
			Observed: "that the notification is answered as in ACK-01",
			Broken:   "has a thread or a process for each connection, and no time limit on reading",
			Repair:   "Let an event-driven server or a proxy read requests whole before they reach a worker, and limit the time of reading.",
			Needs:    []string{"ACK-01"},
		},
		Phase: scenarios.Alone,
		Play: func(d *scenarios.Driver) {
			stop := d.SendSlowly(100)
			defer stop()
			d.PauseInSlot(d.Pick(3*time.Second, time.Second), "the slow senders to be taken up")
			d.NotifyTimely("a notification meanwhile", 1, func() scenarios.Job { return d.FinishedJob(5) })
		},
		Judge: judge.Acknowledged,
	}
}
