package history

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/webhook"
)

// Filter says which deliveries are looked for: those that match everything that
// is set.
type Filter struct {
	Job     int64
	Status  webhook.Status // of the job, as it is notified
	URL     string         // of the endpoint, in full
	Outcome string         // one of [Outcomes]
	// Text is found in the URL, the form, the error, or an answer's head or body,
	// in any case of letters.
	Text string
	// Before is the number that those found are below; 0: any.
	Before uint64
	// Limit is the most that are found; 0 is [DefaultLimit], and [MaxLimit] the
	// most.
	Limit int
}

// The bounds of [Filter.Limit].
const (
	DefaultLimit = 100
	MaxLimit     = 1000
)

// Outcomes are what a filter's outcome can be: a delivery's state, or the reason
// of its last attempt.
func Outcomes() []string {
	var names []string
	for _, s := range States() {
		names = append(names, string(s))
	}
	for _, r := range delivery.Reasons() {
		if r != delivery.Acked { // the same as a state
			names = append(names, string(r))
		}
	}
	return names
}

// FieldError is a field of a [Filter], or of another wish of a caller, that makes
// no sense.
type FieldError struct{ Field, Reason string }

func (e *FieldError) Error() string { return e.Field + ": " + e.Reason }

// Check says what makes no sense.
func (f Filter) Check() error {
	switch {
	case f.Job < 0:
		return &FieldError{"job", fmt.Sprintf("%d is not a job id", f.Job)}
	case f.Outcome != "" && !slices.Contains(Outcomes(), f.Outcome):
		return &FieldError{"outcome", fmt.Sprintf("%q is not one of %s", f.Outcome, strings.Join(Outcomes(), ", "))}
	case f.Limit < 0 || f.Limit > MaxLimit:
		return &FieldError{"limit", fmt.Sprintf("%d is not from 1 to %d", f.Limit, MaxLimit)}
	}
	return nil
}

// Page is deliveries that were found, the newest first.
type Page struct {
	Deliveries []*Delivery
	// Next is the Before that the next page begins with; 0: there is none.
	Next uint64
}

// Find returns the newest deliveries that f wants, which Check has found right.
func (h *History) Find(f Filter) (page Page) {
	f.Limit, f.Text = cmp.Or(f.Limit, DefaultLimit), strings.ToLower(f.Text)
	before := f.Before
	for {
		some := h.below(before)
		if len(some) == 0 {
			return page
		}
		for _, d := range some {
			if before = d.Number; !f.wants(d) {
				continue
			}
			if len(page.Deliveries) == f.Limit {
				page.Next = page.Deliveries[f.Limit-1].Number
				return page
			}
			page.Deliveries = append(page.Deliveries, d)
		}
	}
}

// below returns some deliveries with a lower number (0: with any), the newest
// first.
func (h *History) below(number uint64) []*Delivery {
	const atOnce = 512
	h.mu.Lock()
	defer h.mu.Unlock()
	end := len(h.order)
	if number != 0 {
		end = h.placeLocked(number)
	}
	some := make([]*Delivery, 0, min(end, atOnce))
	for i := end - 1; i >= max(0, end-atOnce); i-- {
		some = append(some, h.order[i].Delivery)
	}
	return some
}

func (f Filter) wants(d *Delivery) bool {
	n := d.Notification
	return (f.Job == 0 || n.JobID == f.Job) && (f.Status == "" || n.Status == f.Status) &&
		(f.URL == "" || d.URL == f.URL) && (f.Outcome == "" || d.hasOutcome(f.Outcome)) &&
		(f.Text == "" || d.has(f.Text))
}

func (d *Delivery) hasOutcome(outcome string) bool {
	last := d.Last()
	return string(d.State) == outcome || last != nil && string(last.Reason) == outcome
}

// has reports whether a text, which is in lower case, is found.
func (d *Delivery) has(text string) bool {
	contains := func(s string) bool { return strings.Contains(strings.ToLower(s), text) }
	n := d.Notification
	if contains(d.URL) || contains(d.Form) || contains(n.SitemapName) || contains(n.CustomID) || contains(fmt.Sprint(n.JobID)) || contains(string(n.Status)) {
		return true
	}
	return slices.ContainsFunc(d.Attempts, func(a delivery.Attempt) bool {
		return contains(a.Err) || contains(string(a.Reason)) || contains(string(a.Request.Body)) ||
			headerHas(a.Header, contains) || bytes.Contains(bytes.ToLower(a.Body), []byte(text))
	})
}

func headerHas(h http.Header, contains func(string) bool) bool {
	for name, values := range h {
		for _, v := range values {
			if contains(name + ": " + v) {
				return true
			}
		}
	}
	return false
}
