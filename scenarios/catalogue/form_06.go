package catalogue

import (
	"regexp"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func form06() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "FORM-06", Level: scenarios.Must,
			Title:    "a charset, a request in several packets and header names in lower case are accepted",
			Source:   scenarios.Source{Quote: "POST, body application/x-www-form-urlencoded", Document: "contract, section 1: request"},
			Sent:     "a charset on the content type; head and body in packets of their own, the body in three; header names in lower case",
			Observed: "2xx, and the rows once",
			Broken:   "compares the content type as a whole, or reads the request with one read from the socket",
			Repair:   "Use your platform's HTTP server, and only the media type of the content type.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			charset, split, lower := d.FinishedJob(10), d.FinishedJob(10), d.FinishedJob(10)
			d.Send("with a charset", charset, delivery.Request{Body: d.Form(charset), ContentType: "application/x-www-form-urlencoded; charset=UTF-8"})
			d.SendRaw("split over packets", split, scenarios.RawRequest{
				Pause: 50 * time.Millisecond,
				Pieces: func(head, body string) []string {
					return []string{head, body[:7], body[7 : len(body)-3], body[len(body)-3:]}
				},
			})
			d.SendRaw("header names in lower case", lower, scenarios.RawRequest{
				Pieces: func(head, body string) []string { return []string{lowerNames(head) + body} },
			})
			d.AwaitEffects(charset, split, lower)
		},
		Judge: judge.All(judge.Acknowledged, judge.ImportedOnce),
	}
}

var headerName = regexp.MustCompile(`(?m)^[A-Za-z-]+:`)

// lowerNames writes the names of a head's fields in lower case.
func lowerNames(head string) string { return headerName.ReplaceAllStringFunc(head, strings.ToLower) }
