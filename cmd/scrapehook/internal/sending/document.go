package sending

import (
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/answer"
	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/redact"
	"github.com/scrapehook/scrapehook/webhook"
)

// Document is the JSON of `send --output json`.
type Document struct {
	Outcome    Outcome           `json:"outcome"`
	URL        string            `json:"url"`
	Profile    string            `json:"profile"`
	Form       string            `json:"form"`
	DurationMS float64           `json:"duration_ms"`
	Attempts   []DocumentAttempt `json:"attempts"`
}

// DocumentAttempt is one attempt; a stage that was not reached has no time.
type DocumentAttempt struct {
	Number     int             `json:"number"`
	Reason     delivery.Reason `json:"reason"`
	Error      string          `json:"error,omitempty"`
	Status     int             `json:"status,omitempty"`
	DurationMS float64         `json:"duration_ms"`
	Planned    time.Time       `json:"planned,omitzero"`
	Started    time.Time       `json:"started,omitzero"`
	Connected  time.Time       `json:"connected,omitzero"`
	Sent       time.Time       `json:"sent,omitzero"`
	FirstByte  time.Time       `json:"first_byte,omitzero"`
	HeadEnded  time.Time       `json:"head_ended,omitzero"`
	Ended      time.Time       `json:"ended,omitzero"`
	Resend     time.Time       `json:"resend,omitzero"`
	Header     http.Header     `json:"header,omitempty"` // of the answer
	// Body is the beginning of the answer's, Bytes the same where it is not UTF-8.
	Body      string `json:"body,omitempty"`
	Bytes     []byte `json:"body_base64,omitempty"`
	BodyBytes int64  `json:"body_bytes"` // of the whole
	// LooksBroken: the body is that of a handler that broke, whatever the status.
	LooksBroken bool `json:"looks_broken,omitempty"`
}

func documentOf(url string, p webhook.Profile, n webhook.Notification, d Delivered) Document {
	doc := Document{
		Outcome: d.Outcome(), URL: redact.URL(url), Profile: p.Name, Form: string(p.AppendForm(nil, n)), Attempts: []DocumentAttempt{},
	}
	for _, a := range d.Attempts {
		attempt := DocumentAttempt{
			Number: a.Number, Reason: a.Reason, Error: a.Err, Status: a.Status, DurationMS: milliseconds(a.Ended.Sub(a.Started)),
			Planned: a.Planned, Started: a.Started, Connected: a.Connected, Sent: a.Sent,
			FirstByte: a.FirstByte, HeadEnded: a.HeadEnded, Ended: a.Ended, Resend: a.Resend,
			Header: a.Header, BodyBytes: a.BodyBytes, LooksBroken: answerOf(a).LooksBroken(),
		}
		if utf8.Valid(a.Body) {
			attempt.Body = string(a.Body)
		} else {
			attempt.Bytes = a.Body
		}
		doc.Attempts = append(doc.Attempts, attempt)
		doc.DurationMS = milliseconds(a.Ended.Sub(d.Attempts[0].Started))
	}
	return doc
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func answerOf(a delivery.Attempt) answer.Answer {
	return answer.Answer{Header: a.Header, Body: a.Body, Bytes: a.BodyBytes}
}
