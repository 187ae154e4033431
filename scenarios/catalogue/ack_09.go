package catalogue

import (
	"fmt"
	"slices"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/webhook"
)

func ack09() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "ACK-09", Level: scenarios.Should,
			Title:    "every notification of a burst is acknowledged in the end",
			Source:   scenarios.Source{Quote: "In case of an error code or a timeout the notification will be resent after a 30 second delay.", Document: webhooks2020},
			Sent:     "the notifications of 100 failed jobs at once (--burst), with the resends that they need; the jobs have no rows, so that nobody has to import them",
			Observed: "that every job is acknowledged in the end, and how many needed a resend",
			Broken:   "has room for a handful of requests, and refuses the rest each time",
			Repair:   "Let requests wait for the write instead of refusing them, and write many in one transaction.",
			Needs:    []string{"ACK-01", "ACK-02", "ACK-05"},
		},
		Phase: scenarios.Alone,
		Play: func(d *scenarios.Driver) {
			burst := d.Burst()
			jobs := make([]scenarios.Job, burst)
			for i := range jobs {
				jobs[i] = d.NewJob()
				d.End(jobs[i], webhook.Failed, 0)
			}
			for attempt := 1; len(jobs) > 0 && attempt <= 3; attempt++ {
				labels := make([]string, len(jobs))
				for i := range labels {
					labels[i] = fmt.Sprintf("attempt %d, %d of %d at once", attempt, i+1, len(jobs))
				}
				answers := d.NotifyTogether(labels, jobs)
				jobs = slices.DeleteFunc(jobs, d.Acknowledged)
				d.Note("after attempt %d, %d of %d are not acknowledged", attempt, len(jobs), burst)
				if len(jobs) > 0 && attempt < 3 {
					d.AwaitResend(answers[len(answers)-1], attempt)
				}
			}
		},
		Judge: func(o scenarios.Observation) []scenarios.Finding {
			last := map[int64]scenarios.Exchange{}
			for _, x := range o.Exchanges {
				last[x.Job] = x
			}
			var never []scenarios.Exchange
			for _, x := range last {
				if !x.Acknowledged() {
					never = append(never, x)
				}
			}
			if len(never) == 0 {
				return nil
			}
			return []scenarios.Finding{scenarios.Failure(fmt.Sprintf("%d of %d jobs", len(never), len(last)), "2xx after at most 3 attempts", "for example "+never[0].Outcome())}
		},
	}
}
