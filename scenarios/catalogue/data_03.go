package catalogue

import (
	"fmt"
	"time"

	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func data03() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "DATA-03", Level: scenarios.Must,
			Title:    "a download that arrives in pieces is read whole",
			Source:   scenarios.Source{Quote: "file, one JSON object a line", Document: "contract, section 2: GET scraping-job/{id}/json; section 3: chunks joined wrongly"},
			Sent:     "one finished job, whose download comes in pieces of 13 bytes, which split lines and UTF-8 sequences",
			Observed: "all rows, each once",
			Broken:   "takes each piece that arrives for a line, or decodes it on its own",
			Repair:   "Read through a buffered line reader, and decode a line when it is whole.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Phase:  scenarios.Delayed,
		Effect: true,
		Play: func(d *scenarios.Driver) {
			var texts []*string
			for i := range 40 {
				texts = append(texts, new(fmt.Sprintf("Žluťoučký kůň č. %d, 日本語, 😀 — ještě", i+1)))
			}
			job := d.FinishedJobWith(texts)
			d.BreakDownloads(job, 2*time.Second, fault.Fault{Kind: fault.Dribble, Chunk: 13, Delay: time.Millisecond})
			d.Notify("the notification", job)
			d.AwaitEffects(job)
		},
		Judge: judge.All(judge.Acknowledged, judge.ImportedOnce),
	}
}
