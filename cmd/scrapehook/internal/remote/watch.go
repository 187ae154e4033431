package remote

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Attempt is one attempt to notify of a job.
type Attempt struct {
	Delivery   uint64     `json:"delivery"`
	URL        string     `json:"url"`
	Number     int        `json:"attempt"`
	Started    time.Time  `json:"started"`
	Ended      time.Time  `json:"ended"`
	Reason     string     `json:"reason"`
	HTTPStatus int        `json:"http_status,omitempty"`
	Error      string     `json:"error,omitempty"`
	Resend     *time.Time `json:"resend,omitempty"` // by the simulated clock
}

// Acked reports whether the attempt was acknowledged.
func (a Attempt) Acked() bool { return a.Reason == "acked" }

// Outcome says how the notifications of a job stand.
type Outcome string

// The outcomes.
const (
	Acknowledged Outcome = "acknowledged"
	Waiting      Outcome = "waiting" // for an attempt's end, or for a resend
	GivenUp      Outcome = "given-up"
)

// OutcomeOf is the outcome of a job whose attempts so far are given, while
// pending notifications of it are neither acknowledged nor given up.
func OutcomeOf(attempts []Attempt, pending int) Outcome {
	last := map[uint64]Attempt{}
	for _, a := range attempts {
		if a.Number >= last[a.Delivery].Number {
			last[a.Delivery] = a
		}
	}
	outcome := Acknowledged
	for _, a := range last {
		switch {
		case a.Acked():
		case a.Resend == nil:
			return GivenUp
		default:
			outcome = Waiting
		}
	}
	if pending > 0 || len(last) == 0 {
		return Waiting
	}
	return outcome
}

// pollEvery is how often the cloud is asked.
const pollEvery = 50 * time.Millisecond

// Watch tells of each attempt to notify of a job, until enough returns true or
// all of its notifications have come to an end. It returns how they stand then,
// also with an error.
func (c *Cloud) Watch(ctx context.Context, job int64, enough func([]Attempt) bool, tell func(Attempt)) ([]Attempt, Outcome, error) {
	var known []Attempt
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for settled := false; ; {
		attempts, pending, err := c.deliveries(ctx, job)
		if err != nil {
			return known, OutcomeOf(known, 1), err
		}
		for _, a := range attempts {
			if !slices.ContainsFunc(known, func(k Attempt) bool { return k.Delivery == a.Delivery && k.Number == a.Number }) {
				tell(a)
			}
		}
		known = attempts
		outcome := OutcomeOf(attempts, pending)
		// Attempts are read before what is pending, so one may have ended between:
		// the second look that finds nothing pending is sure.
		if outcome == GivenUp || enough(attempts) || settled && outcome == Acknowledged {
			return known, outcome, nil
		}
		if settled = pending == 0; settled && len(attempts) > 0 {
			continue
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return known, outcome, ctx.Err()
		}
	}
}

// deliveries returns the attempts to notify of a job, in the order of their ends,
// and how many of its notifications are pending.
func (c *Cloud) deliveries(ctx context.Context, job int64) (attempts []Attempt, pending int, err error) {
	var answer struct {
		Deliveries []struct {
			Attempts []Attempt `json:"attempts"`
		} `json:"deliveries"`
		Pending int `json:"pending_total"`
	}
	err = c.call(ctx, http.MethodGet, fmt.Sprintf("deliveries?job=%d&limit=1000", job), nil, &answer)
	for _, d := range answer.Deliveries {
		attempts = append(attempts, d.Attempts...)
	}
	slices.SortStableFunc(attempts, func(a, b Attempt) int { return a.Ended.Compare(b.Ended) })
	return attempts, answer.Pending, err
}
