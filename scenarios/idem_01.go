package scenarios

func idem01() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "IDEM-01", Level: Must,
			Title:    "a resend after an answered attempt changes nothing",
			Source:   Source{"notification sender could timeout and resend the notification which could generate unexpected results", webhooks2020},
			Sent:     "the same form twice, in a row",
			Observed: "both answered 2xx, the rows imported once",
			Broken:   "imports at every notification, so that a resend doubles the rows",
			Repair:   "Key what you import by the job and what the cloud says of it (status, row count, duration), in the same transaction as the rows. Found there already: do nothing.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Effect: true,
		Play: func(s *Stage) {
			job := s.FinishedJob(20)
			s.Notify("the first", job)
			s.Notify("the resend", job)
			s.AwaitEffects(job)
		},
		Judge: judges(acknowledged, importedOnce),
	}
}
