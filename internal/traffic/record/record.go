// Package record keeps the deliveries of a run in a file, and replays them. The
// file has a line of JSON for each delivery, in the order in which they ended.
package record

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/webhook"
)

// Header is the first line of a record.
type Header struct {
	Version int `json:"scrapehook_record"`
	// URL of the endpoint, without its secrets; several have spaces between them.
	URL     string    `json:"url"`
	Profile string    `json:"profile"`
	Started time.Time `json:"started"`
}

// version is the one that is written, and the only one that is read.
const version = 1

// Delivery is one attempt to deliver a notification, as it ended.
type Delivery struct {
	// Index of the job in its plan, or what stands for the job elsewhere.
	Index int64
	// Part and Special are what a plan calls them; empty where there is no plan.
	Part, Special string
	Attempt       int // from 1
	// Planned, Sent and Ended are from the start of the record.
	Planned, Sent, Ended time.Duration
	Reason               delivery.Reason
	Code                 int // the answer's status, 0 without an answer
	Err                  string
	Form                 []byte
	// Seen is what else a tap saw; nil where none did.
	Seen *Seen
}

// Seen is an exchange as it passed a tap.
type Seen struct {
	Method string      `json:"method"`
	Target string      `json:"target"` // path and query
	Header http.Header `json:"header"`
	// FormBytes is how long the form was, if the record has only its beginning.
	FormBytes    int64       `json:"form_bytes,omitempty"`
	AnswerHeader http.Header `json:"answer_header,omitempty"`
	// Answer is the beginning of the answer's body, AnswerBinary the same where it
	// is not UTF-8 text, and AnswerBytes the length of the whole.
	Answer       string `json:"answer,omitempty"`
	AnswerBinary []byte `json:"answer_base64,omitempty"`
	AnswerBytes  int64  `json:"answer_bytes"`
	// Differs says how the request differs from the contract.
	Differs []string `json:"differs,omitempty"`
}

// sendable reports whether a delivery can be sent again: a form, posted as
// one, that is whole.
func (s *Seen) sendable() bool {
	if s == nil {
		return true
	}
	kind, _, _ := mime.ParseMediaType(s.Header.Get("Content-Type"))
	return s.Method == http.MethodPost && s.FormBytes == 0 && kind == webhook.ContentType
}

// line is a Delivery as it is written. Times are in µs.
type line struct {
	Index   int64           `json:"index"`
	Part    string          `json:"part,omitempty"`
	Special string          `json:"special,omitempty"`
	Attempt int             `json:"attempt"`
	Planned int64           `json:"planned_us"`
	Sent    int64           `json:"sent_us"`
	Ended   int64           `json:"ended_us"`
	Reason  delivery.Reason `json:"reason"`
	Code    int             `json:"code,omitempty"`
	Error   string          `json:"error,omitempty"`
	Form    string          `json:"form"`
	// Bytes are the form where it is not UTF-8 text, which JSON could not keep.
	Bytes []byte `json:"form_base64,omitempty"`
	Seen  *Seen  `json:"seen,omitempty"`
}

func lineOf(d Delivery) line {
	l := line{
		Index: d.Index, Part: d.Part, Special: d.Special, Attempt: d.Attempt,
		Planned: d.Planned.Microseconds(), Sent: d.Sent.Microseconds(), Ended: d.Ended.Microseconds(),
		Reason: d.Reason, Code: d.Code, Error: d.Err, Seen: d.Seen,
	}
	if utf8.Valid(d.Form) {
		l.Form = string(d.Form)
	} else {
		l.Bytes = d.Form
	}
	return l
}

// MarshalJSON is the delivery as a record has it.
func (d Delivery) MarshalJSON() ([]byte, error) { return json.Marshal(lineOf(d)) }

func (l line) form() string {
	if l.Bytes != nil {
		return string(l.Bytes)
	}
	return l.Form
}

// reasons are those that a record may have; anything else would be shown to
// whoever replays it.
var reasons = []delivery.Reason{
	delivery.Acked, delivery.Rejected, delivery.Timeout, delivery.Refused, delivery.Reset, delivery.TLS,
	delivery.Protocol, delivery.Lookup, delivery.Local, delivery.Dropped, delivery.Canceled, delivery.Unknown, delivery.Invalid,
}

func (l line) check(maxSpan time.Duration) error {
	switch {
	case l.Sent < 0 || l.Sent > maxSpan.Microseconds():
		return fmt.Errorf("sent_us %d is not between 0 and %v", l.Sent, maxSpan)
	case !slices.Contains(reasons, l.Reason):
		return fmt.Errorf("%q is not a reason", l.Reason)
	case l.Form != "" && l.Bytes != nil:
		return errors.New("it has two forms")
	}
	return nil
}
