package scenarios

func data09() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "DATA-09", Level: Must,
			Title:    "the cloud's copy is not deleted before the import is complete and safe",
			Source:   Source{"deletes the cloud's copy, so a resend after a lost answer ends in 404 for ever", "contract, section 3: what real receivers get wrong"},
			Sent:     "one finished job; a DELETE of it is held by the cloud until the probes were read",
			Observed: "that the rows are there when the DELETE comes; a receiver that never deletes is right too",
			Broken:   "deletes right after the download, before the rows are committed",
			Repair:   "Delete after the commit, or not at all: the cloud keeps the data for you.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Effect: true,
		Play: func(s *Stage) {
			job := s.FinishedJob(30)
			watched := s.HoldDelete(job)
			s.Notify("the notification", job)
			s.AwaitEffects(job)
			watched()
		},
		Judge: judges(acknowledged, importedOnce),
	}
}
