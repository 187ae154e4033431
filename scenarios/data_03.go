package scenarios

import (
	"fmt"
	"time"

	"github.com/scrapehook/scrapehook/simulator/fault"
)

func data03() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "DATA-03", Level: Must,
			Title:    "a download that arrives in pieces is read whole",
			Source:   Source{"file, one JSON object a line", "contract, section 2: GET scraping-job/{id}/json; section 3: chunks joined wrongly"},
			Sent:     "one finished job, whose download comes in pieces of 13 bytes, which split lines and UTF-8 sequences",
			Observed: "all rows, each once",
			Broken:   "takes each piece that arrives for a line, or decodes it on its own",
			Repair:   "Read through a buffered line reader, and decode a line when it is whole.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Lane:   Delayed,
		Effect: true,
		Play: func(s *Stage) {
			job := s.FinishedJobOf(40, func(i int) []byte {
				return fmt.Appendf(nil, `{"web-scraper-order":"1-%d","title":"Žluťoučký kůň č. %d, 日本語, 😀 — ještě","price":"%d,00 €"}`, i+1, i+1, 100+i)
			})
			s.BreakDownloads(job, 2*time.Second, fault.Fault{Kind: fault.Dribble, Chunk: 13, Delay: time.Millisecond})
			s.Notify("the notification", job)
			s.AwaitEffects(job)
		},
		Judge: judges(acknowledged, importedOnce),
	}
}
