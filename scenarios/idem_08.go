package scenarios

func idem08() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "IDEM-08", Level: Must,
			Title:    "two jobs of one sitemap are two imports",
			Source:   Source{"fields: scrapingjob_id int, status, sitemap_id int, sitemap_name", "contract, section 1: fields"},
			Sent:     "two jobs with different ids, of the same sitemap id and name",
			Observed: "the rows of both",
			Broken:   "tells notifications apart by sitemap, so that the second job of the day is taken for a resend",
			Repair:   "Only scrapingjob_id names a job.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Effect: true,
		Play: func(s *Stage) {
			one := s.FinishedJob(20)
			other := s.FinishedJobBeside(one, 15)
			s.Notify("one job", one)
			s.Notify("another job", other)
			s.AwaitEffects(one, other)
		},
		Judge: judges(acknowledged, importedOnce),
	}
}
