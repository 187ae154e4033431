package catalogue

import (
	"strings"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
	"github.com/scrapehook/scrapehook/webhook"
)

func sec05() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "SEC-05", Level: scenarios.Should,
			Title:    "a sitemap name with markup, SQL or paths does no harm",
			Source:   scenarios.Source{Quote: "sitemap_name", Document: "contract, section 1: fields"},
			Sent:     "names that are paths, SQL, HTML or shell commands",
			Observed: "no 5xx, no wrong effect, and a notification afterwards is acknowledged",
			Broken:   "makes a file name, a query or a command of the name",
			Repair:   "Pass it as a parameter; never build anything of it.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			var jobs []scenarios.Job
			for _, name := range []string{
				"../../../../etc/passwd", "/dev/full", "x'; DROP TABLE imports; --", "<script>alert(1)</script>",
				"$(touch /tmp/x) `id` ; exit 1", "a\x00b", "%s%n{{7*7}}${7*7}", strings.Repeat("../", 100),
			} {
				job := d.NewJobNamed(name)
				d.End(job, webhook.Finished, 5)
				d.Notify(shortName(name), job)
				jobs = append(jobs, job)
			}
			d.AwaitQuiet(jobs...)
			d.Notify("a notification afterwards", d.FinishedJob(5))
		},
		Judge: judge.All(unharmed, judge.ImportedOnceOrNot),
	}
}
