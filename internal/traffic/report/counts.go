package report

import (
	"errors"
	"fmt"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/traffic/plan"
)

// Counts account for every planned send and every notification. A notification
// is what a job's part is: one first send, and a resend for each failed attempt
// while the profile has one left.
//
// Planned = Sent + Dropped + Unsent, Sent is the sum of the outcomes below it,
// and Notifications is the sum of what is below that; see [Counts.Check].
type Counts struct {
	// Planned sends: first ones and resends.
	Planned int64 `json:"planned"`
	// Sent: an exchange was begun. Each ended in one of the outcomes.
	Sent      int64 `json:"sent"`
	Acked     int64 `json:"acked"`     // a 2xx answer in time
	Rejected  int64 `json:"rejected"`  // any other answer
	Malformed int64 `json:"malformed"` // any answer to a form that is malformed on purpose
	Timeout   int64 `json:"timeout"`
	Refused   int64 `json:"refused"`
	Reset     int64 `json:"reset"`
	TLS       int64 `json:"tls"`
	Protocol  int64 `json:"protocol"` // an answer that is not HTTP/1
	Lookup    int64 `json:"lookup"`   // no address, or no route to it
	Local     int64 `json:"local"`    // this machine allowed no more connections
	Lost      int64 `json:"lost"`     // answered, and hung up on as planned
	Canceled  int64 `json:"canceled"` // under way when the run was interrupted
	// Dropped: due, but too much was waiting before it.
	Dropped int64 `json:"dropped"`
	// Unsent: not due yet, or still waiting, when the run was interrupted.
	Unsent int64 `json:"unsent"`
	// Late of those that were sent: by more than [LateBy].
	Late int64 `json:"late"`

	// Notifications: those of jobs, their copies and continuations.
	Notifications int64 `json:"notifications"`
	Delivered     int64 `json:"delivered"`  // acknowledged in the end
	GivenUp       int64 `json:"given_up"`   // no attempt is left
	Abandoned     int64 `json:"abandoned"`  // a send of it was dropped
	Answered      int64 `json:"answered"`   // malformed, and answered
	Unfinished    int64 `json:"unfinished"` // by an interruption

	Resends    int64 `json:"resends"`    // of Planned
	Duplicates int64 `json:"duplicates"` // of Notifications: copies
	Continued  int64 `json:"continued"`  // of Notifications: of continued jobs
}

// fields are the counters in one order, for what treats them alike.
func (c *Counts) fields() []*int64 {
	return []*int64{
		&c.Planned, &c.Sent, &c.Acked, &c.Rejected, &c.Malformed, &c.Timeout, &c.Refused, &c.Reset, &c.TLS,
		&c.Protocol, &c.Lookup, &c.Local, &c.Lost, &c.Canceled, &c.Dropped, &c.Unsent, &c.Late,
		&c.Notifications, &c.Delivered, &c.GivenUp, &c.Abandoned, &c.Answered, &c.Unfinished,
		&c.Resends, &c.Duplicates, &c.Continued,
	}
}

// Add adds another's counts.
func (c *Counts) Add(other Counts) {
	to, from := c.fields(), other.fields()
	for i := range to {
		*to[i] += *from[i]
	}
}

// Check returns an error that names the sums that do not add up. It is an
// error of ours.
func (c *Counts) Check() error {
	var wrong []error
	equal := func(what string, whole int64, parts ...int64) {
		sum := int64(0)
		for _, part := range parts {
			sum += part
		}
		if whole != sum {
			wrong = append(wrong, fmt.Errorf("%d %s, but their outcomes are %d", whole, what, sum))
		}
	}
	equal("planned sends", c.Planned, c.Sent, c.Dropped, c.Unsent)
	equal("sends", c.Sent, c.Acked, c.Rejected, c.Malformed, c.Timeout, c.Refused,
		c.Reset, c.TLS, c.Protocol, c.Lookup, c.Local, c.Lost, c.Canceled)
	equal("notifications", c.Notifications, c.Delivered, c.GivenUp, c.Abandoned, c.Answered, c.Unfinished)
	equal("planned sends", c.Planned, c.Notifications, c.Resends)
	if err := errors.Join(wrong...); err != nil {
		return fmt.Errorf("the totals do not add up: %w", err)
	}
	return nil
}

// Figure is a number with its name.
type Figure struct {
	Name  string
	Value int64
}

// Outcomes returns how the planned sends ended, by name, in a lasting order.
func (c *Counts) Outcomes() []Figure {
	return []Figure{
		{"acked", c.Acked}, {"rejected", c.Rejected}, {"timeout", c.Timeout}, {"refused", c.Refused},
		{"reset", c.Reset}, {"tls", c.TLS}, {"protocol", c.Protocol}, {"lookup", c.Lookup},
		{"local", c.Local}, {"lost", c.Lost}, {"malformed", c.Malformed}, {"canceled", c.Canceled},
		{"dropped", c.Dropped}, {"unsent", c.Unsent},
	}
}

// Endings returns how the notifications ended, by name, in a lasting order.
func (c *Counts) Endings() []Figure {
	return []Figure{
		{"delivered", c.Delivered}, {"given_up", c.GivenUp}, {"abandoned", c.Abandoned},
		{"answered", c.Answered}, {"unfinished", c.Unfinished},
	}
}

// plan counts the notifications of a job.
func (c *Counts) plan(j plan.Job) {
	c.Planned++
	c.Notifications++
	part, second := j.Second()
	if !second {
		return
	}
	c.Planned++
	c.Notifications++
	if part == plan.Continuation {
		c.Continued++
	} else {
		c.Duplicates++
	}
}

// outcome is the counter of a send that ended so.
func (c *Counts) outcome(s plan.Special, r delivery.Reason) *int64 {
	if s == plan.Malformed && (r == delivery.Acked || r == delivery.Rejected) {
		return &c.Malformed
	}
	switch r {
	case delivery.Acked:
		return &c.Acked
	case delivery.Rejected:
		return &c.Rejected
	case delivery.Timeout:
		return &c.Timeout
	case delivery.Refused:
		return &c.Refused
	case delivery.Reset:
		return &c.Reset
	case delivery.TLS:
		return &c.TLS
	case delivery.Lookup:
		return &c.Lookup
	case delivery.Local:
		return &c.Local
	case delivery.Dropped:
		return &c.Lost
	case delivery.Canceled:
		return &c.Canceled
	case delivery.Protocol, delivery.Unknown, delivery.Invalid:
	}
	return &c.Protocol
}

// Ending is what an attempt makes of its notification.
type Ending uint8

// The endings.
const (
	Pending Ending = iota // it has not ended: a resend follows
	Delivered
	GivenUp
	Answered
	Unfinished
)

// ended is the counter of the notifications that ended so.
func (c *Counts) ended(e Ending) *int64 {
	switch e {
	case Delivered:
		return &c.Delivered
	case GivenUp:
		return &c.GivenUp
	case Answered:
		return &c.Answered
	case Unfinished, Pending:
	}
	return &c.Unfinished
}
