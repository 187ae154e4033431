package scenarios

import (
	"github.com/scrapehook/scrapehook/webhook"
)

func data10() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "DATA-10", Level: Should,
			Title:    "rows of a job that ended with empty or failed pages are imported",
			Source:   Source{"shelved - ... it finished with empty or failed pages", webhooks2020},
			Sent:     "shelved with 20 rows (profile 2022: finished with empty pages)",
			Observed: "the rows, each once",
			Broken:   "knows finished only",
			Repair:   "Treat shelved as an end with data.",
			Needs:    []string{"ACK-01", "ACK-02", "DATA-01"},
		},
		Effect: true,
		Play: func(s *Stage) {
			status := webhook.Shelved
			if !s.Profile().Notifies(status) {
				status = webhook.Finished
			}
			job := s.NewJob()
			s.EndWithEmptyPages(job, status, 20)
			s.Notify(string(status), job)
			s.AwaitEffects(job)
		},
		Judge: judges(acknowledged, importedOnce),
	}
}
