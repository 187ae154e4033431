// Package judge has the judges that requirements are put together from: pure
// functions from what a scenario observed to all that was wrong.
//
// They know neither the endpoint nor the run, so a test calls them with
// observations of its own making.
package judge

import (
	"slices"

	"github.com/scrapehook/scrapehook/scenarios"
)

// Judge says what was wrong in what was observed; nothing is a pass.
type Judge = func(scenarios.Observation) []scenarios.Finding

// All sums up several judges.
func All(list ...Judge) Judge {
	return func(o scenarios.Observation) []scenarios.Finding {
		var all []scenarios.Finding
		for _, judge := range list {
			all = append(all, judge(o)...)
		}
		return all
	}
}

// Acknowledged judges that every notification was answered 2xx in time:
// "it has to respond with 2xx HTTP status code within 10 seconds".
func Acknowledged(o scenarios.Observation) []scenarios.Finding {
	return AcknowledgedWhere(o, scenarios.Fail, func(scenarios.Exchange) bool { return true })
}

// AcknowledgedWhere is [Acknowledged] for the exchanges that pick selects; what
// is missing is a finding of verdict v.
func AcknowledgedWhere(o scenarios.Observation, v scenarios.Verdict, pick func(scenarios.Exchange) bool) []scenarios.Finding {
	var findings []scenarios.Finding
	for _, x := range o.Exchanges {
		if x.Superseded || !pick(x) || x.Acknowledged() {
			continue
		}
		findings = append(findings, scenarios.Finding{Verdict: v, Subject: x.Label, Expected: "2xx within 10 s", Actual: x.Outcome()})
	}
	return findings
}

// Warnings are findings with every failure lowered to a warning, except where
// data was lost or doubled.
func Warnings(findings []scenarios.Finding) []scenarios.Finding {
	out := slices.Clone(findings)
	for i := range out {
		if out[i].Verdict == scenarios.Fail && out[i].Damage == "" {
			out[i].Verdict = scenarios.Warn
		}
	}
	return out
}
