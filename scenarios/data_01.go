package scenarios

func data01() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "DATA-01", Level: Must,
			Title:    "the rows imported are the job's rows",
			Source:   Source{"GET scraping-job/{id}/json: one JSON object a line", "contract, section 2"},
			Sent:     "one finished job of 250 rows",
			Observed: "how many rows were imported and, where a probe shows it, their content",
			Broken:   "parses the whole file as one JSON, loses the last line, or imports another job's data",
			Repair:   "Download the job that this notification names, read it line by line, parse each as one JSON object, and compare the count with the job's stored_record_count.",
			Needs:    []string{"ACK-01"},
		},
		Effect: true,
		Play: func(s *Stage) {
			job := s.FinishedJob(250)
			s.Notify("the notification", job)
			s.AwaitEffects(job)
		},
		Judge: judges(acknowledged, importedOnce),
	}
}
