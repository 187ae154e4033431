package scenarios

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/simulator/delivery"
)

func form06() Scenario {
	return Scenario{
		Requirement: Requirement{
			ID: "FORM-06", Level: Must,
			Title:    "HTTP's ordinary freedoms are accepted",
			Source:   Source{"POST, body application/x-www-form-urlencoded", "contract, section 1: request"},
			Sent:     "a charset on the content type; head and body split over packets; header names in lower case",
			Observed: "2xx, and the rows once",
			Broken:   "compares the content type as a whole, or reads the request with one read from the socket",
			Repair:   "Use your platform's HTTP server, and only the media type of the content type.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Effect: true,
		Play: func(s *Stage) {
			charset, split, lower := s.FinishedJob(10), s.FinishedJob(10), s.FinishedJob(10)
			s.Send("with a charset", charset, delivery.Request{Body: s.Form(charset), ContentType: "application/x-www-form-urlencoded; charset=UTF-8"})
			form := string(s.Form(split))
			s.SendRaw("split over packets", split, form, func(ctx context.Context, w *wire, token http.Header) error {
				head := w.head(token, fmt.Sprintf("Content-Length: %d", len(form)))
				return w.write(ctx, 50*time.Millisecond, head[:20], head[20:], form[:7], form[7:len(form)-3], form[len(form)-3:])
			})
			other := string(s.Form(lower))
			s.SendRaw("header names in lower case", lower, other, func(ctx context.Context, w *wire, token http.Header) error {
				line, rest, _ := strings.Cut(w.head(token, fmt.Sprintf("content-length: %d", len(other))), "\r\n")
				rest = strings.NewReplacer("Host:", "host:", "User-Agent:", "user-agent:", "Content-Type:", "content-type:").Replace(rest)
				return w.write(ctx, 0, line+"\r\n"+rest+other)
			})
			s.AwaitEffects(charset, split, lower)
		},
		Judge: judges(acknowledged, importedOnce),
	}
}
