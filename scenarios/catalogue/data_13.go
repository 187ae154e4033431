package catalogue

import (
	"time"

	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func data13() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "DATA-13", Level: scenarios.Must,
			Title:    "a long and steady download is read to its end",
			Source:   scenarios.Source{Quote: "file, one JSON object a line", Document: "contract, section 2: GET scraping-job/{id}/json"},
			Sent:     "one finished job, whose every download takes 40 s (8 s with --fast) without ever being silent for long",
			Observed: "the rows, each once",
			Broken:   "limits the time of the whole download to some seconds, so that a large job never comes to its end",
			Repair:   "Limit the time without any byte, not the time of the whole.",
			Needs:    []string{"ACK-01", "ACK-04", "DATA-01"},
		},
		Phase:  scenarios.Delayed,
		Early:  true,
		Effect: true,
		Play: func(d *scenarios.Driver) {
			const pieces = 200
			length := d.Pick(40*time.Second, 8*time.Second)
			job := d.FinishedJob(200)
			mend := d.FailDownloads(job, fault.Fault{
				Kind: fault.Dribble, Chunk: d.DataSize(job)/pieces + 1, Delay: length / pieces,
			})
			defer mend()
			d.Delay(length)
			d.Notify("the notification", job)
			d.AwaitRetriedEffects(job)
		},
		Judge: judge.All(judge.Acknowledged, damage(judge.ImportedOnce)),
	}
}
