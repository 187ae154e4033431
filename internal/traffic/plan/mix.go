package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scrapehook/scrapehook/internal/draw"
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
	// Malformed: the form is not a notification. It is sent once; an answer of any
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
			return Mix{}, fmt.Errorf("%q is not a share: write it like again=2%%, one of %s", part, SpecialNames)
		}
		value, err := draw.ParseShare(share)
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

// pick returns the special at place, which is in [0, 1).
func (m Mix) pick(place float64) Special {
	for s := Again; int(s) < specials; s++ {
		if place -= m[s]; place < 0 {
			return s
		}
	}
	return Plain
}

func (m Mix) String() string {
	var parts []string
	for s := Again; int(s) < specials; s++ {
		if m[s] > 0 {
			parts = append(parts, fmt.Sprintf("%s=%s", s, draw.FormatShare(m[s])))
		}
	}
	return strings.Join(parts, ",")
}

// DefaultOutcomes are how jobs end unless the user says otherwise: mostly
// finished, with some of every status that the profile notifies.
func DefaultOutcomes(profile webhook.Profile) draw.Weights[webhook.Status] {
	all := draw.Weights[webhook.Status]{
		{Value: webhook.Finished, Weight: 90}, {Value: webhook.Failed, Weight: 5},
		{Value: webhook.Stopped, Weight: 2}, {Value: webhook.Shelved, Weight: 3},
	}
	return slices.DeleteFunc(all, func(o draw.Weight[webhook.Status]) bool { return !profile.Notifies(o.Value) })
}

// ParseOutcomes reads weights such as "finished=90,failed=10", of statuses
// that the profile notifies.
func ParseOutcomes(text string, profile webhook.Profile) (draw.Weights[webhook.Status], error) {
	outcomes, err := draw.ParseWeights[webhook.Status](text)
	if err != nil {
		return nil, err
	}
	for _, o := range outcomes {
		if !profile.Notifies(o.Value) {
			return nil, fmt.Errorf("%q: profile %s does not notify it, only %v", o.Value, profile.Name, profile.Notifying)
		}
	}
	return outcomes, nil
}
