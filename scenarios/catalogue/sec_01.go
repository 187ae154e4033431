package catalogue

import (
	"net/http"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func sec01() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "SEC-01", Level: scenarios.Must,
			Title:    "a request without the secret token, or with a wrong one, is refused and has no effect",
			Source:   scenarios.Source{Quote: "a secret token that the user puts into the endpoint's URL", Document: "contract, section 1: authenticity"},
			Sent:     "a notification without the token, and one with a wrong one (--token says where it is)",
			Observed: "401, 403 or 404, and no rows",
			Broken:   "does not check at all, or lets everything pass while its secret is not set",
			Repair:   "Compare the token in constant time before anything else, and refuse to start without one.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Effect: true,
		Token:  true,
		Play: func(d *scenarios.Driver) {
			without, wrong := d.FinishedJob(5), d.FinishedJob(5)
			d.SendAs(scenarios.Token{}, "without the token", without)
			d.SendAs(d.WrongToken(), "with a wrong token", wrong)
			d.AwaitQuiet(without, wrong)
		},
		Judge: judge.All(func(o scenarios.Observation) []scenarios.Finding {
			var findings []scenarios.Finding
			for _, x := range o.Exchanges {
				switch x.Status {
				case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
				default:
					findings = append(findings, scenarios.Failure(x.Label, "401, 403 or 404", x.Outcome()))
				}
			}
			return findings
		}, judge.NotImported),
	}
}
