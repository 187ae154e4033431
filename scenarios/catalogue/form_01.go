package catalogue

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
	"github.com/scrapehook/scrapehook/webhook"
)

func form01() scenarios.Scenario {
	const name = "shop_2/eu+uk-$(1)" // of every character that the vendor allows
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "FORM-01", Level: scenarios.Must,
			Title:    "a form is decoded as the web decodes forms, whatever is escaped and in any order",
			Source:   scenarios.Source{Quote: "Web Scraper will execute a POST FORM submit with scraping job metadata.", Document: webhooks2020},
			Sent:     "forms that mean the same: escaped as little as can be, as browsers do, and in every byte; fields in different orders",
			Observed: "each answered 2xx and its rows imported once; the name as sent, where a probe shows it",
			Broken:   "takes the body apart by hand: no percent or plus decoding, a fixed order, a substring match",
			Repair:   "Use your platform's form parser. It is there, and it is right.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			var jobs []scenarios.Job
			for _, way := range []struct {
				label  string
				escape func(string) string
				order  [4]int
			}{
				{"escaped as little as can be", escapeLittle, [4]int{1, 3, 0, 2}},
				{"escaped as browsers do", nil, [4]int{3, 2, 1, 0}},
				{"every byte escaped", escapeAll, [4]int{2, 0, 3, 1}},
			} {
				job := d.NewJobNamed(name)
				d.End(job, webhook.Finished, 10)
				fields := strings.Split(string(d.Form(job)), "&")
				if way.escape != nil {
					fields = formFields(job, way.escape)
				}
				var shuffled []string
				for _, i := range way.order {
					shuffled = append(shuffled, fields[i])
				}
				d.Send(way.label, job, delivery.Request{Body: []byte(strings.Join(shuffled, "&"))})
				jobs = append(jobs, job)
			}
			d.AwaitEffects(jobs...)
		},
		Judge: judge.All(judge.Acknowledged, judge.ImportedOnce, nameAsSent),
	}
}

func formFields(job scenarios.Job, escape func(string) string) []string {
	return []string{
		webhook.FieldJobID + "=" + escape(fmt.Sprint(job.ID)),
		webhook.FieldStatus + "=" + escape(string(webhook.Finished)),
		webhook.FieldSitemapID + "=" + escape(fmt.Sprint(job.SitemapID)),
		webhook.FieldSitemapName + "=" + escape(job.SitemapName),
	}
}

// escapeLittle escapes what would mean something else in a form.
func escapeLittle(s string) string {
	return strings.NewReplacer("%", "%25", "+", "%2B", "&", "%26", "=", "%3D").Replace(s)
}

func escapeAll(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, "%%%02x", c)
	}
	return b.String()
}

// nameAsSent judges the sitemap's name in the rows that show one.
func nameAsSent(o scenarios.Observation) []scenarios.Finding {
	var findings []scenarios.Finding
	for _, e := range o.Effects {
		for _, r := range e.Readings {
			for _, record := range r.Records {
				var row map[string]any
				if json.Unmarshal(record, &row) != nil {
					continue
				}
				if got, ok := row[webhook.FieldSitemapName].(string); ok && got != e.SitemapName {
					findings = append(findings, scenarios.Failure(fmt.Sprintf("job %d, %s", e.Job, webhook.FieldSitemapName), fmt.Sprintf("%q", e.SitemapName), fmt.Sprintf("%q (%s)", got, r.Probe)))
					break
				}
			}
		}
	}
	return findings
}
