package scenarios

import (
	"fmt"
	"time"
)

func ack03() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "ACK-03", Level: Should,
			Title:    "the answer comes at once",
			Source:   Source{"send a success response immediately after receiving the request", webhooks2020},
			Sent:     "50 notifications in a row, after a warm-up",
			Observed: "at least 48 of 50 answers within 1 s; a series that is slower is measured again before it counts",
			Broken:   "resizes images, renders mails or asks other services before it answers",
			Repair:   "Move everything but the one write out of the handler.",
			Needs:    []string{"ACK-01"},
		},
		Lane: Alone,
		Play: func(s *Stage) {
			const series = 50
			measure := func(label string) (quick bool) {
				slow := 0
				for i := range series {
					if x := s.Notify(fmt.Sprintf("%s, %d of %d", label, i+1, series), s.FinishedJob(1)); !x.prompt() {
						slow++
					}
				}
				return slow <= slowAllowed
			}
			if !measure("first series") {
				s.Note("more than %d answers took longer than %v: measured again", slowAllowed, promptness)
				s.Supersede()
				measure("second series")
			}
		},
		Judge: func(o Observation) []Finding {
			var slow []Exchange
			for _, x := range o.Exchanges {
				if !x.Superseded && !x.prompt() {
					slow = append(slow, x)
				}
			}
			if len(slow) <= slowAllowed {
				return nil
			}
			return []Finding{{
				Fail, fmt.Sprintf("%d of 50 answers", len(slow)), "2xx within " + promptness.String(), "for example " + slow[0].outcome(),
			}}
		},
	}
}

const (
	promptness  = time.Second
	slowAllowed = 2 // of 50
)

// prompt reports whether an acknowledgement came at once.
func (x Exchange) prompt() bool {
	return x.acknowledges() && x.HeadEnded.Sub(x.Started) <= promptness
}
