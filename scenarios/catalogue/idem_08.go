package catalogue

import (
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func idem08() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "IDEM-08", Level: scenarios.Must,
			Title:    "two jobs of one sitemap are two imports",
			Source:   scenarios.Source{Quote: "fields: scrapingjob_id int, status, sitemap_id int, sitemap_name", Document: "contract, section 1: fields"},
			Sent:     "two jobs with different ids, of the same sitemap id and name",
			Observed: "the rows of both",
			Broken:   "tells notifications apart by sitemap, so that the second job of the day is taken for a resend",
			Repair:   "Only scrapingjob_id names a job.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			one := d.FinishedJob(20)
			other := d.FinishedJobBeside(one, 15)
			d.Notify("one job", one)
			d.Notify("another job", other)
			d.AwaitEffects(one, other)
		},
		Judge: judge.All(judge.Acknowledged, judge.ImportedOnce),
	}
}
