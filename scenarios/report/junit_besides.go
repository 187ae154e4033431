package report

import (
	"fmt"
	"strings"

	"github.com/scrapehook/scrapehook/scenarios"
)

// besides are the suites of what a run has found beside the verdicts on
// requirements: about the setup, and about the ends of the receiver's process.
func besides(r scenarios.Report) []junitSuite {
	var suites []junitSuite
	switch {
	case r.Setup != nil:
		suites = append(suites, besideSuite(r, "SETUP", junitCase{
			Name: "the setup is in order", Properties: besideProperties(scenarios.Errored),
			Error: &junitOutcome{
				Message: kept(r.Setup.Problem), Type: "setup", Text: kept(r.Setup.Problem + "\nnext: " + r.Setup.Next + "\n"),
			},
			Errors: kept(r.Output),
		}))
	case r.Checked && r.Conclude().Verdict == scenarios.Passed:
		suites = append(suites, besideSuite(r, "SETUP", junitCase{
			Name: "the setup is in order", Properties: besideProperties(scenarios.Pass),
		}))
	}
	if len(r.Deaths) == 0 {
		return suites
	}
	var cases []junitCase
	for i, d := range r.Deaths {
		text := fmt.Sprintf("at %s\n", seconds(d.At))
		if len(d.Requests) > 0 {
			text += "while it answered " + strings.Join(d.Requests, ", ") + "\n"
		}
		if !d.Restarted {
			text += "it was not started again\n"
		}
		cases = append(cases, junitCase{
			Name: fmt.Sprintf("the receiver's process stays alive: end %d", i+1), Properties: besideProperties(scenarios.Fail),
			Failure: &junitOutcome{Message: kept("The receiver's process " + d.Sentence() + "."), Type: "death", Text: kept(text)},
			Errors:  kept(d.Output),
		})
	}
	return append(suites, besideSuite(r, "PROCESS", cases...))
}

func besideProperties(v scenarios.Verdict) []junitProperty {
	return []junitProperty{{"verdict", string(v)}}
}

func besideSuite(r scenarios.Report, name string, cases ...junitCase) junitSuite {
	s := newSuite(r, name)
	for _, c := range cases {
		c.Class, c.Time = "conform."+name, seconds(0)
		s.count(c)
	}
	s.Time = seconds(0)
	return s
}
