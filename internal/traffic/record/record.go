// Package record keeps the deliveries of a run in a file, and replays them. The
// file has a line of JSON for each delivery, in the order in which they ended.
package record

import (
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/scrapehook/scrapehook/internal/delivery"
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
}

func lineOf(d Delivery) line {
	l := line{
		Index: d.Index, Part: d.Part, Special: d.Special, Attempt: d.Attempt,
		Planned: d.Planned.Microseconds(), Sent: d.Sent.Microseconds(), Ended: d.Ended.Microseconds(),
		Reason: d.Reason, Code: d.Code, Error: d.Err,
	}
	if utf8.Valid(d.Form) {
		l.Form = string(d.Form)
	} else {
		l.Bytes = d.Form
	}
	return l
}

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
