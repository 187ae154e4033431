package scenarios

import "github.com/scrapehook/scrapehook/webhook"

func ack02() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "ACK-02", Level: Must,
			Title:    "so is every other status that notifies",
			Source:   Source{"Web Scraper will send the notification only once the job has completed.", webhooks2020},
			Sent:     "one notification each: failed, stopped and, in profile 2020, shelved",
			Observed: "the same as ACK-01, for each status",
			Broken:   "handles finished only, and throws or never answers for the others, which are resent in vain",
			Repair:   "Answer 2xx for every status, also one you do not know. What to do about it is decided later, outside the handler.",
			Needs:    []string{"ACK-01"},
		},
		Play: func(s *Stage) {
			for _, status := range s.Profile().Notifying {
				if status == webhook.Finished {
					continue
				}
				s.NotifyTimely(string(status), 1, func() Job {
					job := s.NewJob()
					s.End(job, status, 5)
					return job
				})
			}
		},
		Judge: acknowledged,
	}
}
