package catalogue

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
	"github.com/scrapehook/scrapehook/webhook"
)

func sec02() scenarios.Scenario {
	const afterwards = "a notification afterwards"
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "SEC-02", Level: scenarios.Should,
			Title:    "other methods, content types and malformed escapes do no harm",
			Source:   scenarios.Source{Quote: "POST, body application/x-www-form-urlencoded", Document: "contract, section 1: request"},
			Sent:     "GET, PUT and DELETE; JSON and multipart bodies; %zz; then a proper notification",
			Observed: "no 5xx, no dropped connection, no wrong effect, and the notification is acknowledged; a lenient parser that understands a request is fine",
			Broken:   "throws at what it does not expect, and answers 500 or takes the process down",
			Repair:   "Route POST only (405 for the rest), and answer 400 when the form can't be read.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			var jobs []scenarios.Job
			for _, odd := range oddRequests() {
				job := d.FinishedJob(5)
				d.Send(odd.label, job, odd.request(job, string(d.Form(job)), d.Endpoint()))
				jobs = append(jobs, job)
			}
			d.AwaitQuiet(jobs...)
			d.Notify(afterwards, d.FinishedJob(5))
		},
		Judge: judge.All(unharmed, judge.ImportedOnceOrNot),
	}
}

type oddRequest struct {
	label   string
	request func(job scenarios.Job, form, endpoint string) delivery.Request
}

func oddRequests() []oddRequest {
	method := func(m string) func(scenarios.Job, string, string) delivery.Request {
		return func(_ scenarios.Job, form, _ string) delivery.Request {
			return delivery.Request{Method: m, Body: []byte(form)}
		}
	}
	return []oddRequest{
		{"a GET with the form in its query", func(_ scenarios.Job, form, endpoint string) delivery.Request {
			separator := "?"
			if strings.Contains(endpoint, "?") {
				separator = "&"
			}
			return delivery.Request{Method: http.MethodGet, URL: endpoint + separator + form}
		}},
		{"a PUT", method(http.MethodPut)},
		{"a DELETE", method(http.MethodDelete)},
		{"a JSON body", func(job scenarios.Job, _, _ string) delivery.Request {
			return delivery.Request{ContentType: "application/json", Body: fmt.Appendf(nil,
				`{"scrapingjob_id":%d,"status":"finished","sitemap_id":%d,"sitemap_name":%q}`, job.ID, job.SitemapID, job.SitemapName)}
		}},
		{"a multipart body", func(job scenarios.Job, _, _ string) delivery.Request {
			var b strings.Builder
			for _, field := range formFields(job, func(s string) string { return s }) {
				name, value, _ := strings.Cut(field, "=")
				fmt.Fprintf(&b, "--boundary\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n", name, value)
			}
			return delivery.Request{ContentType: "multipart/form-data; boundary=boundary", Body: []byte(b.String() + "--boundary--\r\n")}
		}},
		{"an id of %zz", func(_ scenarios.Job, form, _ string) delivery.Request {
			_, rest, _ := strings.Cut(form, "&")
			return delivery.Request{Body: []byte(webhook.FieldJobID + "=%zz&" + rest)}
		}},
		{"a name of %zz", func(_ scenarios.Job, form, _ string) delivery.Request {
			return delivery.Request{Body: []byte(form + "%zz")}
		}},
	}
}

// unharmed judges that every odd request was answered, and without an error of
// the server, and that a proper notification still is acknowledged.
func unharmed(o scenarios.Observation) []scenarios.Finding {
	var findings []scenarios.Finding
	for i, x := range o.Exchanges {
		switch last := i == len(o.Exchanges)-1; {
		case last && !x.Acknowledged():
			findings = append(findings, scenarios.Failure(x.Label, "2xx within 10 s", x.Outcome()))
		case !last && (x.Status == 0 || x.Status >= http.StatusInternalServerError && x.Status != http.StatusNotImplemented):
			findings = append(findings, scenarios.Failure(x.Label, "an answer below 500", x.Outcome()))
		}
	}
	return findings
}
