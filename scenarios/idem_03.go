package scenarios

import "github.com/scrapehook/scrapehook/simulator/delivery"

func idem03() Scenario {
	const resend = "the resend"
	return Scenario{
		Requirement: Requirement{
			ID: "IDEM-03", Level: Must,
			Title:    "a resend after a lost answer changes nothing",
			Source:   Source{"In case of an error code or a timeout the notification will be resent after a 30 second delay.", webhooks2020},
			Sent:     "one notification whose answer the sender does not read, then the resend after the profile's delay",
			Observed: "the rows imported once",
			Broken:   "takes the answer for delivered, or remembers the notification only after the answer is written",
			Repair:   "Remember the notification before you answer, and expect it again whatever you answered.",
			Needs:    []string{"ACK-01", "DATA-01", "IDEM-01"},
		},
		Effect: true,
		Play: func(s *Stage) {
			job := s.FinishedJob(20)
			lost := s.Send("the first, its answer lost", job, delivery.Request{Body: s.Form(job), DropAnswer: true})
			s.AwaitResend(lost, 1)
			s.Notify(resend, job)
			s.AwaitEffects(job)
		},
		Judge: judges(
			func(o Observation) []Finding {
				return acks(o, Fail, func(x Exchange) bool { return x.Label == resend })
			},
			importedOnce,
		),
	}
}
