package record

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/webhook"
)

// Only selects deliveries: one of the values of each kind that it has. The zero
// value selects all.
type Only struct {
	statuses []webhook.Status
	reasons  []delivery.Reason
	codes    []int
	jobs     []int64
}

// OnlyKeys are what a selection is by.
const OnlyKeys = "status, job, reason and code"

// ParseOnly reads conditions like status=failed, job=12, reason=timeout, code=500.
func ParseOnly(conditions []string) (Only, error) {
	var o Only
	for _, text := range conditions {
		key, value, _ := strings.Cut(text, "=")
		switch key {
		case "status":
			if !webhook.Status(value).Known() {
				return o, fmt.Errorf("%q: %q is not a status of a job: use %s", text, value, human.Or(webhook.Statuses()...))
			}
			o.statuses = append(o.statuses, webhook.Status(value))
		case "reason":
			if !slices.Contains(reasons, delivery.Reason(value)) {
				return o, fmt.Errorf("%q: %q is not a reason: use %s", text, value, human.Or(reasons...))
			}
			o.reasons = append(o.reasons, delivery.Reason(value))
		case "code":
			code, err := strconv.Atoi(value)
			if err != nil || code < 100 || code > 999 {
				return o, fmt.Errorf("%q: %q is not an HTTP status", text, value)
			}
			o.codes = append(o.codes, code)
		case "job":
			id, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				return o, fmt.Errorf("%q: %q is not a job id", text, value)
			}
			o.jobs = append(o.jobs, id)
		default:
			return o, fmt.Errorf("%q: write it like status=failed; a delivery has %s", text, OnlyKeys)
		}
	}
	return o, nil
}

func (o Only) selects(l line) bool {
	n, _ := webhook.ParseForm([]byte(l.form())) // what is malformed has none
	return among(n.Status, o.statuses) && among(l.Reason, o.reasons) && among(l.Code, o.codes) && among(n.JobID, o.jobs)
}

func among[T comparable](value T, values []T) bool {
	return len(values) == 0 || slices.Contains(values, value)
}

// Select leaves out of the replay what is not selected.
func (r *Replay) Select(o Only) error {
	r.deliveries = slices.DeleteFunc(r.deliveries, func(l line) bool { return !o.selects(l) })
	if len(r.deliveries) == 0 {
		return errors.New("no delivery of the record is like that")
	}
	return nil
}

// FreshIDs gives every job another id, higher by the same number, so that a receiver
// does not take the replay for a resend. Not another byte of the forms is changed;
// those without an id stay.
func (r *Replay) FreshIDs() {
	lowest, highest := int64(math.MaxInt64), int64(0)
	for _, l := range r.deliveries {
		if id, _, _ := idIn(l.form()); id > 0 {
			lowest, highest = min(lowest, id), max(highest, id)
		}
	}
	const least, spread = 1000, 1000
	span := max(highest-lowest+1, least)
	if highest == 0 || span > (math.MaxInt64-highest)/spread {
		return // no form has one, or there is no room above
	}
	r.offset = span * (1 + rand.Int64N(spread-1)) //nolint:gosec // to be another one, not secret
	for i := range r.deliveries {
		l := &r.deliveries[i]
		form := l.form()
		id, from, to := idIn(form)
		if id == 0 {
			continue
		}
		form = form[:from] + strconv.FormatInt(id+r.offset, 10) + form[to:]
		if l.Bytes != nil {
			l.Bytes = []byte(form)
		} else {
			l.Form = form
		}
	}
}

// idIn is the job id in a form, and where it is; 0 where there is none.
func idIn(form string) (id int64, from, to int) {
	const name = webhook.FieldJobID + "="
	for pair := range strings.SplitSeq(form, "&") {
		to = from + len(pair)
		if value, ok := strings.CutPrefix(pair, name); ok {
			id, err := strconv.ParseInt(value, 10, 64)
			if err != nil || id <= 0 {
				return 0, 0, 0
			}
			return id, from + len(name), to
		}
		from = to + 1
	}
	return 0, 0, 0
}
