package catalogue

import (
	"fmt"
	"time"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func form07() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "FORM-07", Level: scenarios.Should,
			Title:    "a chunked body is accepted",
			Source:   scenarios.Source{Quote: "POST, body application/x-www-form-urlencoded", Document: "contract, section 1: request"},
			Sent:     "the form in chunks, without a length",
			Observed: "2xx, and the rows once",
			Broken:   "reads as many bytes as Content-Length says, which is none",
			Repair:   "Use your platform's HTTP server, which knows chunks.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			job := d.FinishedJob(10)
			d.SendRaw("in chunks", job, scenarios.RawRequest{
				Chunked: true,
				Pause:   20 * time.Millisecond,
				Pieces: func(head, body string) []string {
					chunk := func(text string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(text), text) }
					return []string{head, chunk(body[:9]), chunk(body[9:]), chunk("")}
				},
			})
			d.AwaitEffects(job)
		},
		Judge: judge.All(judge.Acknowledged, judge.ImportedOnce),
	}
}
