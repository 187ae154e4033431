package scenarios

import (
	"net/http"
)

func sec01() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "SEC-01", Level: Must,
			Title:    "without the secret token, nothing happens",
			Source:   Source{"a secret token that the user puts into the endpoint's URL", "contract, section 1: authenticity"},
			Sent:     "a notification without the token, and one with a wrong one (--token says where it is)",
			Observed: "401, 403 or 404, and no rows",
			Broken:   "does not check at all, or lets everything pass while its secret is not set",
			Repair:   "Compare the token in constant time before anything else, and refuse to start without one.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Effect: true,
		Token:  true,
		Play: func(s *Stage) {
			without, wrong := s.FinishedJob(5), s.FinishedJob(5)
			s.SendAs(Token{}, "without the token", without)
			s.SendAs(s.lab.token.wrong(), "with a wrong token", wrong)
			s.AwaitQuiet(without, wrong)
		},
		Judge: judges(func(o Observation) []Finding {
			var findings []Finding
			for _, x := range o.Exchanges {
				switch x.Status {
				case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
				default:
					findings = append(findings, Finding{Fail, x.Label, "401, 403 or 404", x.outcome()})
				}
			}
			return findings
		}, notImported),
	}
}
