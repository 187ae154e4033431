package scenarios

import "slices"

func dur03() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "DUR-03", Level: Should,
			Title:    "a polite stop loses nothing",
			Source:   Source{"We recommend using a queue system for deferred data import", webhooks2020},
			Sent:     "SIGTERM during a burst of 30 jobs; the receiver is started again, and what was not acknowledged is resent",
			Observed: "every acknowledged job once",
			Broken:   "drops what is queued in memory, or cuts requests off that it has half answered",
			Repair:   "Stop taking requests, finish those under way, and leave the rest in the durable queue.",
			Needs:    []string{"ACK-01", "DATA-01", "DUR-01"},
		},
		Lane:   Kill,
		Effect: true,
		Polite: true,
		Play: func(s *Stage) {
			jobs, labels := s.FinishedJobs(30, 5, "at once,")
			answers := s.notifyWhileStopping(labels, jobs)
			s.check("starting the receiver again", s.lab.receiver.Start(s.ctx))
			missing := slices.DeleteFunc(slices.Clone(jobs), s.acknowledged)
			s.Note("%d of %d were not acknowledged", len(missing), len(jobs))
			if len(missing) > 0 {
				s.AwaitResend(answers[len(answers)-1], 1)
				for _, job := range missing {
					s.Notify("the resend", job)
				}
			}
			s.AwaitRetriedEffects(jobs...)
		},
		Judge: judges(
			func(o Observation) []Finding {
				return acks(o, Fail, func(x Exchange) bool { return x.Label == "the resend" })
			},
			importedOnce,
		),
	}
}
