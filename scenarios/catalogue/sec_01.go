package catalogue

import (
	"net/http"
	"strings"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func sec01() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "SEC-01", Level: scenarios.Must,
			Title:  "a request without the secret token, or with a wrong one, is refused and has no effect",
			Source: scenarios.Source{Quote: "a secret token that the user puts into the endpoint's URL", Document: "contract, section 1: authenticity"},
			Sent: "notifications without the token (--token says where it is), with a wrong one of its length, with its beginning, with a letter more, " +
				"in other letter case, with an empty one, and with an array for it; never the right one in another place",
			Observed: "401, 403 or 404, and no rows; for what is nearly the token, any answer but 2xx, and a warning for a 5xx",
			Broken:   "does not check at all, compares the beginning only, or lets everything pass while its secret is not set",
			Repair:   "Compare the token in constant time before anything else, and refuse to start without one.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Effect: true,
		Token:  true,
		Play: func(d *scenarios.Driver) {
			tokens, labels := []scenarios.Token{{}, d.WrongToken()}, []string{"without the token", "with a wrong token"}
			for _, near := range d.NearTokens() {
				tokens, labels = append(tokens, near.Token), append(labels, nearly+near.What)
			}
			jobs := make([]scenarios.Job, len(tokens))
			for i := range jobs {
				jobs[i] = d.FinishedJob(5)
			}
			d.SendAsEach(tokens, labels, jobs)
			d.AwaitQuiet(jobs...)
		},
		Judge: judge.All(strangersRefused, judge.NotImported),
	}
}

// nearly begins the labels of what is sent with nearly the right token.
const nearly = "with nearly the right token: "

// strangersRefused judges that requests of strangers were. Whoever breaks at a token of
// another length or form has refused it too, if not well.
func strangersRefused(o scenarios.Observation) []scenarios.Finding {
	const refusals = "401, 403 or 404"
	var findings []scenarios.Finding
	for _, x := range o.Exchanges {
		switch {
		case x.Status == http.StatusUnauthorized, x.Status == http.StatusForbidden, x.Status == http.StatusNotFound:
		case !strings.HasPrefix(x.Label, nearly), x.Acknowledged():
			findings = append(findings, scenarios.Failure(x.Label, refusals, x.Outcome()))
		case x.Status == 0, x.Status >= http.StatusInternalServerError:
			findings = append(findings, scenarios.Finding{Verdict: scenarios.Warn, Subject: x.Label, Expected: refusals, Actual: x.Outcome()})
		}
	}
	return findings
}
