package scenarios

func ack05() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "ACK-05", Level: Must,
			Title:    "a few at once are all answered within 10 s",
			Source:   Source{"it has to respond with 2xx HTTP status code within 10 seconds", webhooks2020},
			Sent:     "the notifications of 4 jobs of one sitemap at the same moment",
			Observed: "every answer",
			Broken:   "handles one notification at a time, for seconds each, or fails when two write at once (\"database is locked\")",
			Repair:   "Keep the handler to one short write, and let the database wait for a lock instead of failing.",
			Needs:    []string{"ACK-01"},
		},
		Lane: Alone,
		Play: func(s *Stage) {
			first := s.NewJob()
			s.NotifyTimely("at once", 4, func() Job { return s.FinishedJobBeside(first, 5) })
		},
		Judge: acknowledged,
	}
}
