package scenarios

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

func form07() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "FORM-07", Level: Should,
			Title:    "a chunked body is accepted",
			Source:   Source{"POST, body application/x-www-form-urlencoded", "contract, section 1: request"},
			Sent:     "the form in chunks, without a length",
			Observed: "2xx, and the rows once",
			Broken:   "reads as many bytes as Content-Length says, which is none",
			Repair:   "Use your platform's HTTP server, which knows chunks.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Effect: true,
		Play: func(s *Stage) {
			job := s.FinishedJob(10)
			form := string(s.Form(job))
			s.SendRaw("in chunks", job, form, func(ctx context.Context, w *wire, token http.Header) error {
				chunk := func(text string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(text), text) }
				return w.write(ctx, 20*time.Millisecond, w.head(token, "Transfer-Encoding: chunked"), chunk(form[:9]), chunk(form[9:]), chunk(""))
			})
			s.AwaitEffects(job)
		},
		Judge: judges(acknowledged, importedOnce),
	}
}
