package catalogue

import (
	"fmt"
	"time"

	"github.com/scrapehook/scrapehook/scenarios"
)

func ack03() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "ACK-03", Level: scenarios.Should,
			Title:    "the answer comes within a second",
			Source:   scenarios.Source{Quote: "send a success response immediately after receiving the request", Document: webhooks2020},
			Sent:     "25 notifications in a row, after a warm-up",
			Observed: "at least 24 of 25 answers within 1 s; a series that is slower is measured again before it counts",
			Broken:   "resizes images, renders mails or asks other services before it answers",
			Repair:   "Move everything but the one write out of the handler.",
			Needs:    []string{"ACK-01"},
		},
		Phase: scenarios.Alone,
		Play: func(d *scenarios.Driver) {
			measure := func(label string) (quick bool) {
				slow := 0
				for i := range series {
					if x := d.Notify(fmt.Sprintf("%s, %d of %d", label, i+1, series), d.FinishedJob(1)); !prompt(x) {
						slow++
					}
				}
				return slow <= slowAllowed
			}
			if !measure("first series") {
				d.Note("more than %d of the answers took longer than %v: measured again", slowAllowed, promptness)
				d.Supersede()
				measure("second series")
			}
		},
		Judge: func(o scenarios.Observation) []scenarios.Finding {
			var slow []scenarios.Exchange
			for _, x := range o.Exchanges {
				if !x.Superseded && !prompt(x) {
					slow = append(slow, x)
				}
			}
			if len(slow) <= slowAllowed {
				return nil
			}
			return []scenarios.Finding{scenarios.Failure(fmt.Sprintf("%d of %d answers", len(slow), series), "2xx within "+promptness.String(), "for example "+slow[0].Outcome())}
		},
	}
}

const (
	promptness  = time.Second
	series      = 25
	slowAllowed = 1 // of a series
)

// prompt reports whether an acknowledgement came at once.
func prompt(x scenarios.Exchange) bool {
	return x.Acknowledged() && x.HeadEnded.Sub(x.Started) <= promptness
}
