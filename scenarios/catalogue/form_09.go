package catalogue

import (
	"strings"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
	"github.com/scrapehook/scrapehook/webhook"
)

func form09() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "FORM-09", Level: scenarios.Should,
			Title:    "a sitemap name of any text is decoded",
			Source:   scenarios.Source{Quote: "sitemap names: the vendor's editor allows ^[a-z][a-z0-9_$()+\\-/]+$; the API takes any", Document: "contract, section 1"},
			Sent:     "names with &, =, %, umlauts, emoji, and of 500 characters",
			Observed: "2xx, and the rows once; the name as sent, where a probe shows it",
			Broken:   "decodes twice, or not at all, or has a column of 255 characters",
			Repair:   "Use your platform's form parser, once.",
			Needs:    []string{"ACK-01", "DATA-01", "FORM-01"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			var jobs []scenarios.Job
			for _, name := range []string{
				"a&b=c%d%20e+f g", "käse & größe €", "shop 😀 日本", strings.Repeat("long-name-", 50),
			} {
				job := d.NewJobNamed(name)
				d.End(job, webhook.Finished, 5)
				d.Notify(shortName(name), job)
				jobs = append(jobs, job)
			}
			d.AwaitEffects(jobs...)
		},
		Judge: judge.All(judge.Acknowledged, judge.ImportedOnce, nameAsSent),
	}
}
