package fault

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Rule says which calls a fault strikes: those that everything matches that is
// set.
type Rule struct {
	// ID is given by the plan, from 1.
	ID int
	// Route is a method and a pattern like "GET scraping-job/{id}/json", or a
	// pattern alone for every method. Empty: every route.
	Route string
	// JobID is the job that the call's path names; 0: any or none.
	JobID int64
	// Nth is the one call, counted among those that match the above, from 1;
	// 0: every one.
	Nth int
	// Share is how many of those are struck, drawn from the seed: from 0,
	// which is all of them, to 1.
	Share float64
	// Next is how many calls are struck, and no more; 0: no end.
	Next  int
	Fault Fault
	// Seen is how many calls have matched route and job, and Struck how many of
	// them were struck. The plan counts.
	Seen, Struck int
}

// ErrRule is wrapped by every error of a rule.
var ErrRule = errors.New("not a valid fault rule")

// Plan is the faults that a simulated API is to have. It is safe for concurrent
// use.
type Plan struct{ list[Rule] }

// NewPlan makes an empty plan, whose shares are drawn from the seed.
func NewPlan(seed uint64) *Plan { return &Plan{newList[Rule](seed)} }

// Add adds a rule after the others and returns its id.
func (p *Plan) Add(r Rule) (id int, err error) {
	if err := r.check(); err != nil {
		return 0, err
	}
	return p.add(r, func(r *Rule, id int) { r.ID, r.Seen, r.Struck = id, 0, 0 })
}

// Remove takes a rule out and reports whether it was there.
func (p *Plan) Remove(id int) bool { return p.remove(func(r *Rule) bool { return r.ID == id }) }

func (r Rule) check() error {
	switch {
	case !slices.Contains(All(), r.Fault.Kind):
		return fmt.Errorf("%w: the kind %q is not one of %v", ErrRule, r.Fault.Kind, All())
	case r.JobID < 0 || r.Nth < 0 || r.Next < 0 || r.Fault.Delay < 0 || r.Fault.Chunk < 0 || r.Fault.After < 0 || r.Fault.RetryAfter < 0:
		return fmt.Errorf("%w: a number is negative", ErrRule)
	case !(r.Share >= 0 && r.Share <= 1):
		return fmt.Errorf("%w: the share is %v, and must be 0 to 1", ErrRule, r.Share)
	}
	return nil
}

// For is the fault of a call: that of the first rule that strikes, or none.
// Every rule that matches counts the call.
func (p *Plan) For(route string, jobID int64) Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	var strikes Fault
	for _, r := range p.rules {
		if !r.matches(route, jobID) {
			continue
		}
		r.Seen++
		hit := (r.Nth == 0 || r.Nth == r.Seen) && (r.Next == 0 || r.Struck < r.Next)
		if r.Share > 0 {
			hit = p.dice.Float64() < r.Share && hit
		}
		if hit && strikes.Kind == "" {
			strikes = r.Fault
			r.Struck++
		}
	}
	return strikes
}

func (r *Rule) matches(route string, jobID int64) bool {
	_, pattern, _ := strings.Cut(route, " ")
	return (r.Route == "" || r.Route == route || r.Route == pattern) && (r.JobID == 0 || r.JobID == jobID)
}

// ruleJSON is a rule as users write it, in JSON and after --fault.
type ruleJSON struct {
	ID         int     `json:"id"`
	Kind       Kind    `json:"kind"`
	Route      string  `json:"route,omitempty"`
	Job        int64   `json:"job,omitempty"`
	Nth        int     `json:"nth,omitempty"`
	Share      float64 `json:"share,omitempty"`
	Delay      string  `json:"delay,omitempty"`
	Chunk      int     `json:"chunk,omitempty"`
	After      int64   `json:"after,omitempty"`
	RetryAfter string  `json:"retry_after,omitempty"`
	Next       int     `json:"next,omitempty"`
	Seen       int     `json:"seen"`
	Struck     int     `json:"struck"`
}

// MarshalJSON is for encoding/json.
func (r Rule) MarshalJSON() ([]byte, error) {
	return json.Marshal(ruleJSON{
		r.ID, r.Fault.Kind, r.Route, r.JobID, r.Nth, r.Share,
		durationText(r.Fault.Delay), r.Fault.Chunk, r.Fault.After, durationText(r.Fault.RetryAfter),
		r.Next, r.Seen, r.Struck,
	})
}

// UnmarshalJSON is for encoding/json. An unknown member is an error.
func (r *Rule) UnmarshalJSON(data []byte) error {
	var v ruleJSON
	if err := decode(data, &v); err != nil {
		return err
	}
	delay, err := duration(v.Delay)
	retryAfter, wrong := duration(v.RetryAfter)
	if err = errors.Join(err, wrong); err != nil {
		return fmt.Errorf("%w: %w", ErrRule, err)
	}
	*r = Rule{
		Route: v.Route, JobID: v.Job, Nth: v.Nth, Share: v.Share, Next: v.Next,
		Fault: Fault{Kind: v.Kind, Delay: delay, Chunk: v.Chunk, After: v.After, RetryAfter: retryAfter},
	}
	return r.check()
}

// ParseRule reads a rule as users write it after --fault: a kind, then the
// members of its JSON form: "stall,route=GET scraping-job/{id}/json,delay=15s".
func ParseRule(text string) (r Rule, err error) {
	err = parse(text, "too-many-requests,route=account,nth=1", &r)
	return r, err
}
