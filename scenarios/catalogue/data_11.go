package catalogue

import (
	"strings"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func data11() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "DATA-11", Level: scenarios.Should,
			Title:    "a value of 100,000 characters arrives unchanged",
			Source:   scenarios.Source{Quote: "32,767 characters a cell is the limit of a workbook only", Document: "contract, section 2"},
			Sent:     "a row with a value of 100,000 characters",
			Observed: "the content of the row, where a probe shows it",
			Broken:   "reads lines through a buffer of 64 kB, or has a column of 65,535 bytes",
			Repair:   "Allow lines of some megabytes, and columns without a length.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			long := strings.Repeat("0123456789", 10_000)
			job := d.FinishedJobWith([]*string{&long, &long, &long})
			d.Notify("the notification", job)
			d.AwaitEffects(job)
		},
		Judge: judge.All(judge.Acknowledged, damage(judge.ImportedOnce), judge.ContentSeen),
	}
}
