package catalogue

import (
	"fmt"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func aud01() scenarios.Scenario {
	const atOnce = 4
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "AUD-01", Level: scenarios.Must,
			Title:    "at the end of the run, every job's rows are still what they were",
			Source:   scenarios.Source{Quote: "a resend and a fresh notification look the same on the wire", Document: "contract, section 1: identity"},
			Sent:     "when all else has ended, kills included: the notifications of jobs that were imported, up to 4 of each requirement that was met, once more and out of order",
			Observed: "each job's rows, each once",
			Broken:   "remembers the last hundred notifications, or those of the last minutes, or forgets them when it starts: a late resend doubles the rows; or it tidies up what it still needs",
			Repair:   "Keep what you have imported as long as the rows themselves: a unique key beside them, not a cache.",
			Needs:    []string{"ACK-01", "DATA-01", "IDEM-01", "IDEM-04"},
		},
		Phase:  scenarios.Final,
		Effect: true,
		Play: func(d *scenarios.Driver) {
			jobs := d.ImportedJobs()
			for sent := 0; sent < len(jobs); sent += atOnce {
				some := jobs[sent:min(sent+atOnce, len(jobs))]
				labels := make([]string, len(some))
				for i := range some {
					labels[i] = fmt.Sprintf("late resend %d of %d", sent+i+1, len(jobs))
				}
				d.NotifyTogether(labels, some)
			}
			d.AwaitCallsEnd(jobs...)
			d.AwaitQuiet(jobs...)
		},
		Judge: func(o scenarios.Observation) []scenarios.Finding {
			if len(o.Effects) == 0 {
				return []scenarios.Finding{unseen("the run", "imports to look at again", "no import was seen whole by a probe, in a requirement that was met")}
			}
			return damage(judge.ImportedOnce)(o)
		},
	}
}

// unseen is a finding of what could not be observed.
func unseen(subject, expected, actual string) scenarios.Finding {
	return scenarios.Finding{Verdict: scenarios.NotObservable, Subject: subject, Expected: expected, Actual: actual}
}
