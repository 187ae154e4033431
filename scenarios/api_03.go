package scenarios

import (
	"fmt"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

func api03() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "API-03", Level: Should,
			Title:    "the receiver does not poll for a job's end",
			Source:   Source{"Web Scraper will send the notification only once the job has completed. Therefore, there are no status update notifications.", webhooks2020},
			Sent:     "10 jobs that run for a while, then end and are notified",
			Observed: "calls about the jobs before their notification, and lists of jobs",
			Broken:   "asks for the list of jobs every second, beside the webhook",
			Repair:   "The notification is the signal. A sweep once an hour for what was lost is plenty.",
			Needs:    []string{"ACK-01"},
		},
		Effect: true,
		Play: func(s *Stage) {
			before := s.lab.traffic.listed()
			var jobs []Job
			for range 10 {
				jobs = append(jobs, s.NewJob())
			}
			s.Pause(s.Pick(10*time.Second, 3*time.Second), "calls that should not come")
			s.noteEarlyCalls(jobs)
			s.observation.Lists = s.lab.traffic.listed() - before
			for _, job := range jobs {
				s.End(job, webhook.Finished, 5)
				s.Notify("finished", job)
			}
			s.AwaitEffects(jobs...)
		},
		Judge: func(o Observation) []Finding {
			var findings []Finding
			if o.EarlyCalls > 0 {
				findings = append(findings, Finding{Fail, "10 running jobs", "no call about them", fmt.Sprintf("%d calls", o.EarlyCalls)})
			}
			const most = 2
			if o.Lists > most {
				findings = append(findings, Finding{Fail, "lists of jobs", fmt.Sprintf("at most %d calls meanwhile", most), fmt.Sprintf("%d calls", o.Lists)})
			}
			return findings
		},
	}
}
