package fault

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// SenderKind names a fault of the sender of notifications.
type SenderKind string

// The faults of the sender. The first three are of a delivery as a whole, and
// strike it once; the others are of an attempt.
const (
	// Duplicate sends copies too: at once, or Delay later.
	Duplicate SenderKind = "duplicate"
	// Late sends Delay later than it should.
	Late SenderKind = "late"
	// OutOfOrder sends a notification after the next one to the same endpoint, or
	// Delay later when there is none by then.
	OutOfOrder SenderKind = "out-of-order"
	// DropAnswer hangs up when the answer begins, as if it had been lost.
	DropAnswer SenderKind = "drop-answer"
	// CutRequest ends the connection by a reset After bytes of the form.
	CutRequest SenderKind = "cut"
	// SlowBody sends the form Chunk bytes at a time, with Delay between.
	SlowBody SenderKind = "slow-body"
	// SplitPackets sends head and form in packets of Chunk bytes.
	SplitPackets SenderKind = "split-packets"
	// MissingField leaves Field out, WrongField sends Value in it, DoubleField has
	// it twice.
	MissingField SenderKind = "missing-field"
	WrongField   SenderKind = "wrong-field"
	DoubleField  SenderKind = "double-field"
	// UnknownStatus sends Value as the status.
	UnknownStatus SenderKind = "unknown-status"
	// Malformed sends a form that is not a notification; see [MalformedForm].
	Malformed SenderKind = "malformed"
)

// SenderKinds returns every kind.
func SenderKinds() []SenderKind {
	return []SenderKind{
		Duplicate, Late, OutOfOrder, DropAnswer, CutRequest, SlowBody, SplitPackets,
		MissingField, WrongField, DoubleField, UnknownStatus, Malformed,
	}
}

// SenderRule says what goes wrong with the sending of which notifications: of
// those that everything matches that is set.
type SenderRule struct {
	ID     int // given by the plan, from 1
	Kind   SenderKind
	JobID  int64
	Status webhook.Status
	URL    string // of the endpoint, in full
	// Share is how many of those are struck, drawn from the seed: from 0, which
	// is all of them, to 1. Next is how many are struck, and no more; 0: no end.
	Share float64
	Next  int
	// What a kind is measured by; 0 or empty is its default.
	Delay         time.Duration
	Copies, Chunk int
	After         int
	Field, Value  string
	// Seen is how many have matched, and Struck how many of them were struck. The
	// plan counts.
	Seen, Struck int
}

// measures are the members that a kind has, by their names in JSON, beside those
// of all kinds.
func (k SenderKind) measures() []string {
	switch k {
	case Duplicate:
		return []string{"copies", "delay"}
	case Late, OutOfOrder:
		return []string{"delay"}
	case CutRequest:
		return []string{"after"}
	case SlowBody, SplitPackets:
		return []string{"chunk", "delay"}
	case MissingField, DoubleField:
		return []string{"field"}
	case WrongField:
		return []string{"field", "value"}
	case UnknownStatus:
		return []string{"value"}
	case DropAnswer, Malformed:
	}
	return nil
}

const maxCopies = 100

func (r SenderRule) check() error {
	bad := func(field, format string, args ...any) error {
		return &RuleError{field, fmt.Sprintf(format, args...)}
	}
	if !slices.Contains(SenderKinds(), r.Kind) {
		return bad("kind", "%q is not one of %v", r.Kind, SenderKinds())
	}
	for name, set := range map[string]bool{
		"copies": r.Copies != 0, "delay": r.Delay != 0, "after": r.After != 0, "chunk": r.Chunk != 0,
		"field": r.Field != "", "value": r.Value != "",
	} {
		if set && !slices.Contains(r.Kind.measures(), name) {
			return bad(name, "%s does not have it", r.Kind)
		}
	}
	switch {
	case !(r.Share >= 0 && r.Share <= 1):
		return bad("share", "%v is not from 0 to 1", r.Share)
	case r.Next < 0:
		return bad("next", "%d is below 0", r.Next)
	case r.JobID < 0:
		return bad("job", "%d is not a job id", r.JobID)
	case r.Delay < 0:
		return bad("delay", "%v is below 0", r.Delay)
	case r.Copies < 0 || r.Copies > maxCopies:
		return bad("copies", "%d is not from 1 to %d", r.Copies, maxCopies)
	case r.Chunk < 0:
		return bad("chunk", "%d is below 0", r.Chunk)
	case r.After < 0:
		return bad("after", "%d is below 0", r.After)
	}
	return nil
}

// RuleError is a member of a rule that makes no sense. It wraps [ErrRule].
type RuleError struct{ Field, Reason string }

func (e *RuleError) Error() string { return e.Field + ": " + e.Reason }

// Unwrap is for errors.Is.
func (e *RuleError) Unwrap() error { return ErrRule }

// senderJSON is a rule as users write it.
type senderJSON struct {
	ID     int            `json:"id"`
	Kind   SenderKind     `json:"kind"`
	Job    int64          `json:"job,omitempty"`
	Status webhook.Status `json:"status,omitempty"`
	URL    string         `json:"url,omitempty"`
	Share  float64        `json:"share,omitempty"`
	Next   int            `json:"next,omitempty"`
	Delay  string         `json:"delay,omitempty"`
	Copies int            `json:"copies,omitempty"`
	Chunk  int            `json:"chunk,omitempty"`
	After  int            `json:"after,omitempty"`
	Field  string         `json:"field,omitempty"`
	Value  string         `json:"value,omitempty"`
	Seen   int            `json:"seen"`
	Struck int            `json:"struck"`
}

// MarshalJSON is for encoding/json.
func (r SenderRule) MarshalJSON() ([]byte, error) {
	return json.Marshal(senderJSON{
		r.ID, r.Kind, r.JobID, r.Status, r.URL, r.Share, r.Next,
		durationText(r.Delay), r.Copies, r.Chunk, r.After, r.Field, r.Value, r.Seen, r.Struck,
	})
}

// UnmarshalJSON is for encoding/json. An unknown member is an error.
func (r *SenderRule) UnmarshalJSON(data []byte) error {
	var v senderJSON
	if err := decode(data, &v); err != nil {
		var kind *json.UnmarshalTypeError
		if errors.As(err, &kind) {
			return &RuleError{kind.Field, "a " + kind.Value + " is not what belongs there"}
		}
		return err
	}
	delay, err := duration(v.Delay)
	if err != nil {
		return &RuleError{"delay", fmt.Sprintf("%q is not a duration like 1m30s", v.Delay)}
	}
	*r = SenderRule{
		Kind: v.Kind, JobID: v.Job, Status: v.Status, URL: v.URL, Share: v.Share, Next: v.Next,
		Delay: delay, Copies: v.Copies, Chunk: v.Chunk, After: v.After, Field: v.Field, Value: v.Value,
	}
	return r.check()
}

// ParseSenderRule reads a rule in a line: a kind, then the members of its JSON
// form: "duplicate,share=0.1,copies=2".
func ParseSenderRule(text string) (r SenderRule, err error) {
	err = parse(text, "duplicate,share=0.1,copies=2", &r)
	return r, err
}
