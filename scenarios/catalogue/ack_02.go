package catalogue

import (
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
	"github.com/scrapehook/scrapehook/webhook"
)

func ack02() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "ACK-02", Level: scenarios.Must,
			Title:    "a notification of any other status is answered 2xx within 10 s too",
			Source:   scenarios.Source{Quote: "Web Scraper will send the notification only once the job has completed.", Document: webhooks2020},
			Sent:     "one notification each: failed, stopped and, in profile 2020, shelved",
			Observed: "the same as ACK-01, for each status",
			Broken:   "handles finished only, and throws or never answers for the others, which are resent in vain",
			Repair:   "Answer 2xx for every status, also one you do not know. What to do about it is decided later, outside the handler.",
			Needs:    []string{"ACK-01"},
		},
		Play: func(d *scenarios.Driver) {
			for _, status := range d.Profile().Notifying {
				if status == webhook.Finished {
					continue
				}
				d.NotifyTimely(string(status), 1, func() scenarios.Job {
					job := d.NewJob()
					d.End(job, status, 5)
					return job
				})
			}
		},
		Judge: judge.Acknowledged,
	}
}
