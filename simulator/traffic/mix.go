package traffic

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/scrapehook/scrapehook/webhook"
)

// Special is what is unusual about a job's notification. A job has one of
// these at most, so that what an endpoint did can be told apart by it.
type Special uint8

// The specials.
const (
	// Plain: nothing.
	Plain Special = iota
	// Again: the notification is sent once more when its delivery has ended, as
	// if the acknowledgement had been lost on the sender's side.
	Again
	// Concurrent: a copy is sent at the same moment.
	Concurrent
	// Late: a copy is sent long after.
	Late
	// Lost: the sender hangs up on the answer to the first attempt, and resends
	// by its profile.
	Lost
	// Continued: the job failed, its user continues it, and it is notified
	// again, now finished (webhook documentation of 2020-02-03).
	Continued
	// Malformed: the form is no notification. It is sent once; an answer of any
	// status is the expected end.
	Malformed
	// Slow: the request arrives a few bytes at a time.
	Slow
)

const specials = int(Slow) + 1

var specialNames = [specials]string{"plain", "again", "concurrent", "late", "lost", "continued", "malformed", "slow"}

func (s Special) String() string { return specialNames[s] }

// SpecialNames are the specials as [ParseMix] takes them.
const SpecialNames = "again, concurrent, late, lost, continued, malformed, slow"

// Mix has the share of each special among the jobs, from 0 to 1, and at most 1
// together. The rest is plain.
type Mix [specials]float64

// ParseMix reads shares such as "again=2%,late=0.5%".
func ParseMix(text string) (Mix, error) {
	var mix Mix
	if text == "" {
		return mix, nil
	}
	sum := 0.0
	for part := range strings.SplitSeq(text, ",") {
		name, share, ok := strings.Cut(strings.TrimSpace(part), "=")
		special := slices.Index(specialNames[:], name)
		if !ok || special < 1 {
			return Mix{}, fmt.Errorf("%q is no share: write it like again=2%%, of %s", part, SpecialNames)
		}
		value, err := ParseShare(share)
		if err != nil {
			return Mix{}, err
		}
		if mix[special] != 0 {
			return Mix{}, fmt.Errorf("%s has two shares", name)
		}
		mix[special] = value
		sum += value
	}
	if sum > 1+1e-9 {
		return Mix{}, fmt.Errorf("the shares are %.4g%% together, and 100%% is all there is", sum*100)
	}
	return mix, nil
}

// ParseShare reads a share such as 2.5% and returns it from 0 to 1.
func ParseShare(text string) (float64, error) {
	number, percent := strings.CutSuffix(text, "%")
	value, err := strconv.ParseFloat(number, 64)
	if err != nil || !percent || !(value >= 0 && value <= 100) {
		return 0, fmt.Errorf("%q is no share: write it like 2.5%%", text)
	}
	return value / 100, nil
}

// pick returns the special at draw, which is in [0, 1).
func (m Mix) pick(draw float64) Special {
	for s := Again; int(s) < specials; s++ {
		if draw -= m[s]; draw < 0 {
			return s
		}
	}
	return Plain
}

func (m Mix) String() string {
	var parts []string
	for s := Again; int(s) < specials; s++ {
		if m[s] > 0 {
			parts = append(parts, fmt.Sprintf("%s=%s%%", s, strconv.FormatFloat(m[s]*100, 'g', -1, 64)))
		}
	}
	return strings.Join(parts, ",")
}

// Outcomes are the weights of how jobs end.
type Outcomes []Outcome

// Outcome is a status with its weight among the others.
type Outcome struct {
	Status webhook.Status
	Weight int
}

// DefaultOutcomes is mostly success with some of everything that profile
// notifies.
func DefaultOutcomes(profile webhook.Profile) Outcomes {
	all := Outcomes{{webhook.Finished, 90}, {webhook.Failed, 5}, {webhook.Stopped, 2}, {webhook.Shelved, 3}}
	return slices.DeleteFunc(all, func(o Outcome) bool { return !profile.Notifies(o.Status) })
}

// ParseOutcomes reads weights such as "finished=90,failed=10", of statuses
// that profile notifies.
func ParseOutcomes(text string, profile webhook.Profile) (Outcomes, error) {
	var outcomes Outcomes
	total := 0
	for part := range strings.SplitSeq(text, ",") {
		name, weight, ok := strings.Cut(strings.TrimSpace(part), "=")
		status := webhook.Status(name)
		n, err := strconv.Atoi(weight)
		switch {
		case !ok || err != nil || n < 0 || n > 1_000_000:
			return nil, fmt.Errorf("%q is no weight of a status: write it like finished=90", part)
		case !profile.Notifies(status):
			return nil, fmt.Errorf("%q: profile %s does not notify it, only %v", name, profile.Name, profile.Notifying)
		case slices.ContainsFunc(outcomes, func(o Outcome) bool { return o.Status == status }):
			return nil, fmt.Errorf("%s has two weights", name)
		}
		outcomes = append(outcomes, Outcome{status, n})
		total += n
	}
	if total == 0 {
		return nil, fmt.Errorf("%q: no status has a weight above 0", text)
	}
	return outcomes, nil
}

// pick returns the status at draw, which is in [0, 1).
func (o Outcomes) pick(draw float64) webhook.Status {
	total := 0
	for _, each := range o {
		total += each.Weight
	}
	rest := int(draw * float64(total))
	for _, each := range o {
		if rest -= each.Weight; rest < 0 {
			return each.Status
		}
	}
	return o[0].Status
}

func (o Outcomes) String() string {
	var parts []string
	for _, each := range o {
		parts = append(parts, fmt.Sprintf("%s=%d", each.Status, each.Weight))
	}
	return strings.Join(parts, ",")
}
