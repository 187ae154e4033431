package scenarios

import (
	"fmt"
)

func api01() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "API-01", Level: Should,
			Title:    "an import takes few calls",
			Source:   Source{"Rate limit: 200 calls per 15 minutes per user", "contract, section 2"},
			Sent:     "30 finished jobs at once",
			Observed: "that the cloud sees at most 3 calls for each job",
			Broken:   "asks for the job again and again, or downloads the data in every format",
			Repair:   "Ask for the job, download its rows, and ask once more before the commit if you must.",
			Needs:    []string{"ACK-01", "DATA-01", "API-03"},
		},
		Lane:   Alone,
		Effect: true,
		Play: func(s *Stage) {
			jobs, labels := s.FinishedJobs(30, 5, "at once,")
			s.NotifyTogether(labels, jobs)
			s.AwaitEffects(jobs...)
		},
		Judge: func(o Observation) []Finding {
			const most = 3
			var findings []Finding
			for _, e := range o.Effects {
				if e.Calls > most {
					findings = append(findings, Finding{
						Fail, fmt.Sprintf("job %d", e.Job), fmt.Sprintf("at most %d calls", most), fmt.Sprintf("%d calls", e.Calls),
					})
				}
			}
			return findings[:min(len(findings), differencesKept)]
		},
	}
}
