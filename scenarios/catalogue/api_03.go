package catalogue

import (
	"fmt"
	"time"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/webhook"
)

func api03() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "API-03", Level: scenarios.Should,
			Title:    "the receiver does not poll for a job's end",
			Source:   scenarios.Source{Quote: "Web Scraper will send the notification only once the job has completed. Therefore, there are no status update notifications.", Document: webhooks2020},
			Sent:     "10 jobs that run for a while, then end and are notified",
			Observed: "calls about the jobs before their notification, and lists of jobs",
			Broken:   "asks for the list of jobs every second, beside the webhook",
			Repair:   "The notification is the signal. A sweep once an hour for what was lost is plenty.",
			Needs:    []string{"ACK-01"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			var jobs []scenarios.Job
			for range 10 {
				jobs = append(jobs, d.NewJob())
			}
			watched := d.WatchPolling(jobs...)
			d.Pause(d.Pick(10*time.Second, 3*time.Second), "calls that should not come")
			watched()
			for _, job := range jobs {
				d.End(job, webhook.Finished, 5)
				d.Notify("finished", job)
			}
			d.AwaitEffects(jobs...)
		},
		Judge: func(o scenarios.Observation) []scenarios.Finding {
			var findings []scenarios.Finding
			if o.EarlyCalls > 0 {
				findings = append(findings, scenarios.Failure("10 running jobs", "no call about them", fmt.Sprintf("%d calls", o.EarlyCalls)))
			}
			const most = 2
			if o.Lists > most {
				findings = append(findings, scenarios.Failure("lists of jobs", fmt.Sprintf("at most %d calls meanwhile", most), fmt.Sprintf("%d calls", o.Lists)))
			}
			return findings
		},
	}
}
