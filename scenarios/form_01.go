package scenarios

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/scrapehook/scrapehook/simulator/delivery"
	"github.com/scrapehook/scrapehook/webhook"
)

func form01() Scenario {
	const name = "shop_2/eu+uk-$(1)" // of every character that the vendor allows
	return Scenario{
		Requirement: Requirement{
			ID: "FORM-01", Level: Must,
			Title:    "the form is decoded as the web decodes forms",
			Source:   Source{"Web Scraper will execute a POST FORM submit with scraping job metadata.", webhooks2020},
			Sent:     "forms that mean the same: escaped as little as can be, as browsers do, and in every byte; fields in different orders",
			Observed: "each answered 2xx and its rows imported once; the name as sent, where a probe shows it",
			Broken:   "takes the body apart by hand: no percent or plus decoding, a fixed order, a substring match",
			Repair:   "Use your platform's form parser. It is there, and it is right.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Effect: true,
		Play: func(s *Stage) {
			var jobs []Job
			for _, way := range []struct {
				label  string
				escape func(string) string
				order  [4]int
			}{
				{"escaped as little as can be", escapeLittle, [4]int{1, 3, 0, 2}},
				{"escaped as browsers do", nil, [4]int{3, 2, 1, 0}},
				{"every byte escaped", escapeAll, [4]int{2, 0, 3, 1}},
			} {
				job := s.NewJobNamed(name)
				s.End(job, webhook.Finished, 10)
				fields := strings.Split(string(s.Form(job)), "&")
				if way.escape != nil {
					fields = formFields(job, way.escape)
				}
				var shuffled []string
				for _, i := range way.order {
					shuffled = append(shuffled, fields[i])
				}
				s.Send(way.label, job, delivery.Request{Body: []byte(strings.Join(shuffled, "&"))})
				jobs = append(jobs, job)
			}
			s.AwaitEffects(jobs...)
		},
		Judge: judges(acknowledged, importedOnce, nameAsSent),
	}
}

func formFields(job Job, escape func(string) string) []string {
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
func nameAsSent(o Observation) []Finding {
	var findings []Finding
	for _, e := range o.Effects {
		for _, r := range e.Readings {
			for _, record := range r.Records {
				var row map[string]any
				if json.Unmarshal(record, &row) != nil {
					continue
				}
				if got, ok := row[webhook.FieldSitemapName].(string); ok && got != e.SitemapName {
					findings = append(findings, Finding{
						Fail, fmt.Sprintf("job %d, %s", e.Job, webhook.FieldSitemapName), fmt.Sprintf("%q", e.SitemapName), fmt.Sprintf("%q (%s)", got, r.Probe),
					})
					break
				}
			}
		}
	}
	return findings
}
