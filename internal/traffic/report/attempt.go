package report

import (
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/traffic/plan"
	"github.com/scrapehook/scrapehook/internal/traffic/record"
)

// LateBy is how much after its planned moment a send may begin before it is
// counted as late: beyond what a busy machine's timers are off by.
const LateBy = 10 * time.Millisecond

// Attempt is one send that was made.
type Attempt struct {
	Job  plan.Job
	Part plan.Part
	// Number of the attempt, from 1.
	Number int
	// Warm: it belongs to the warm-up and is not measured.
	Warm bool
	// Planned, Sent and Ended are from the start of the run.
	Planned, Sent, Ended time.Duration
	Reason               delivery.Reason
	// Code is the answer's, 0 when there is none.
	Code int
	// Err says in words what went wrong.
	Err string
	// Form is the body that was sent.
	Form []byte
}

// measured reports whether the attempt tells how long the endpoint takes: it
// was reached, and neither we nor our plan made the exchange last or end.
func (a *Attempt) measured() bool {
	switch a.Reason {
	case delivery.Acked, delivery.Rejected, delivery.Timeout, delivery.Reset, delivery.Protocol:
		return a.Job.Special != plan.Slow
	case delivery.Refused, delivery.TLS, delivery.Lookup, delivery.Local, delivery.Dropped, delivery.Canceled, delivery.Unknown, delivery.Invalid:
	}
	return false
}

// Delivery returns the attempt as a record has it.
func (a *Attempt) Delivery() record.Delivery {
	return record.Delivery{
		Index: a.Job.Index, Part: a.Part.String(), Special: a.Job.Special.String(), Attempt: a.Number,
		Planned: a.Planned, Sent: a.Sent, Ended: a.Ended, Reason: a.Reason, Code: a.Code, Err: a.Err, Form: a.Form,
	}
}
