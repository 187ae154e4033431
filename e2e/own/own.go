// Package own has requirements of somebody's own, as examples for
// docs/own-requirements.md. It uses nothing but the promised packages scenarios,
// scenarios/judge and webhook, as a module of somebody else's would.
package own

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
	"github.com/scrapehook/scrapehook/webhook"
)

// Requirements are ours, beside those of the suite.
func Requirements(signingKey string) []scenarios.Scenario {
	return []scenarios.Scenario{laterStatusStands(), signatureIsChecked(signingKey)}
}

// laterStatusStands: an order of two statuses. The job fails, is continued and
// finishes, and the notification of its failure comes last.
func laterStatusStands() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "OWN-01", Level: scenarios.Must,
			Title:    "a failure that is told after the end of its job changes nothing",
			Source:   scenarios.Source{Quote: "Orders are shipped by what the shop has now.", Document: "our handbook, 2.1"},
			Sent:     "finished, and then the notification of the failure before it",
			Observed: "the rows of the finished job, each once",
			Broken:   "believes the form, and removes the rows of a job that has failed",
			Repair:   "Ask the API for the job's status.",
		},
		Effect: true, // it can't be judged without a probe
		Play: func(d *scenarios.Driver) {
			job := d.NewJob()
			d.End(job, webhook.Failed, 10)
			late := scenarios.Request{Body: d.Form(job)}
			d.Continue(job)
			d.End(job, webhook.Finished, 30)
			d.Notify("finished", job)
			d.AwaitEffects(job)
			d.Send("failed, told late", job, late)
			d.AwaitEffects(job)
		},
		Judge: judge.All(judge.Acknowledged, judge.ImportedOnce),
	}
}

// signatureHeader is what our gateway adds to each notification.
const signatureHeader = "X-Shop-Signature"

// signatureIsChecked: our own signature header.
func signatureIsChecked(key string) scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "OWN-02", Level: scenarios.Must,
			Title:    "a notification whose signature is wrong is refused",
			Source:   scenarios.Source{Quote: "The gateway signs what it passes on.", Document: "our handbook, 4.3"},
			Sent:     "a notification with the signature of another key, and one with the right signature",
			Observed: "401 for the first, 2xx for the second",
			Broken:   "does not look at the header",
			Repair:   "Compare the header with the HMAC of the body, in constant time, before anything else.",
		},
		Play: func(d *scenarios.Driver) {
			job := d.FinishedJob(5)
			d.Send("signed with another key", job, signed(d.Form(job), key+"?"))
			d.Send("signed", job, signed(d.Form(job), key))
		},
		Judge: func(o scenarios.Observation) []scenarios.Finding {
			var findings []scenarios.Finding
			for _, x := range o.Exchanges {
				switch {
				case x.Label == "signed" && !x.Acknowledged():
					findings = append(findings, scenarios.Failure(x.Label, "2xx", x.Outcome()))
				case x.Label != "signed" && x.Status != http.StatusUnauthorized:
					findings = append(findings, scenarios.Failure(x.Label, "401", x.Outcome()))
				}
			}
			return findings
		},
	}
}

// signed is a notification as our gateway passes it on.
func signed(form []byte, key string) scenarios.Request {
	return scenarios.Request{Body: form, Header: http.Header{signatureHeader: {signature(form, key)}}}
}

func signature(body []byte, key string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}
