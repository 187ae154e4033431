package fault

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
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
	Fault Fault

	seen int // calls that matched route and job
}

// ErrRule is wrapped by every error of a rule.
var ErrRule = errors.New("not a valid fault rule")

// Plan is the faults that a simulated API is to have. It is safe for concurrent
// use.
type Plan struct {
	mu    sync.Mutex
	rules []*Rule
	last  int
	dice  *rand.Rand
}

// maxRules bounds a plan.
const maxRules = 1000

// NewPlan makes an empty plan, whose shares are drawn from the seed.
func NewPlan(seed uint64) *Plan {
	return &Plan{dice: rand.New(rand.NewPCG(seed, 'f'))} //nolint:gosec // repeatable, not secret
}

// Add adds a rule after the others and returns its id.
func (p *Plan) Add(r Rule) (id int, err error) {
	if err := r.check(); err != nil {
		return 0, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.rules) >= maxRules {
		return 0, fmt.Errorf("%w: there are %d already", ErrRule, maxRules)
	}
	p.last++
	r.ID, r.seen = p.last, 0
	p.rules = append(p.rules, &r)
	return r.ID, nil
}

func (r Rule) check() error {
	switch {
	case !slices.Contains(All(), r.Fault.Kind):
		return fmt.Errorf("%w: the kind %q is not one of %v", ErrRule, r.Fault.Kind, All())
	case r.JobID < 0 || r.Nth < 0 || r.Fault.Delay < 0 || r.Fault.Chunk < 0 || r.Fault.After < 0 || r.Fault.RetryAfter < 0:
		return fmt.Errorf("%w: a number is negative", ErrRule)
	case !(r.Share >= 0 && r.Share <= 1):
		return fmt.Errorf("%w: the share is %v, and must be 0 to 1", ErrRule, r.Share)
	}
	return nil
}

// Remove takes a rule out and reports whether it was there.
func (p *Plan) Remove(id int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := len(p.rules)
	p.rules = slices.DeleteFunc(p.rules, func(r *Rule) bool { return r.ID == id })
	return len(p.rules) < before
}

// Clear takes every rule out.
func (p *Plan) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rules = nil
}

// Rules returns the rules in their order.
func (p *Plan) Rules() []Rule {
	p.mu.Lock()
	defer p.mu.Unlock()
	rules := make([]Rule, 0, len(p.rules))
	for _, r := range p.rules {
		rules = append(rules, *r)
	}
	return rules
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
		r.seen++
		hit := r.Nth == 0 || r.Nth == r.seen
		if r.Share > 0 {
			hit = p.dice.Float64() < r.Share && hit
		}
		if hit && strikes.Kind == "" {
			strikes = r.Fault
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
}

// MarshalJSON is for encoding/json.
func (r Rule) MarshalJSON() ([]byte, error) {
	text := func(d time.Duration) string {
		if d == 0 {
			return ""
		}
		return d.String()
	}
	return json.Marshal(ruleJSON{
		r.ID, r.Fault.Kind, r.Route, r.JobID, r.Nth, r.Share,
		text(r.Fault.Delay), r.Fault.Chunk, r.Fault.After, text(r.Fault.RetryAfter),
	})
}

// UnmarshalJSON is for encoding/json. An unknown member is an error.
func (r *Rule) UnmarshalJSON(data []byte) error {
	var v ruleJSON
	dec := json.NewDecoder(strings.NewReader(string(data)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v); err != nil {
		return fmt.Errorf("%w: %w", ErrRule, err)
	}
	delay, err := duration(v.Delay)
	retryAfter, wrong := duration(v.RetryAfter)
	if err = errors.Join(err, wrong); err != nil {
		return fmt.Errorf("%w: %w", ErrRule, err)
	}
	*r = Rule{
		Route: v.Route, JobID: v.Job, Nth: v.Nth, Share: v.Share,
		Fault: Fault{Kind: v.Kind, Delay: delay, Chunk: v.Chunk, After: v.After, RetryAfter: retryAfter},
	}
	return r.check()
}

func duration(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	return time.ParseDuration(text)
}

// ParseRule reads a rule as users write it after --fault: a kind, then the
// members of its JSON form: "stall,route=GET scraping-job/{id}/json,delay=15s".
func ParseRule(text string) (Rule, error) {
	kind, rest, _ := strings.Cut(text, ",")
	members := map[string]any{"kind": kind}
	for rest != "" {
		var member string
		member, rest, _ = strings.Cut(rest, ",")
		name, value, ok := strings.Cut(member, "=")
		if !ok {
			return Rule{}, fmt.Errorf("%w: %q: write it like too-many-requests,route=account,nth=1", ErrRule, text)
		}
		members[name] = value
		if _, err := strconv.ParseFloat(value, 64); err == nil && name != "route" {
			members[name] = json.RawMessage(value)
		}
	}
	data, err := json.Marshal(members)
	if err != nil {
		return Rule{}, fmt.Errorf("%w: %q", ErrRule, text)
	}
	var r Rule
	if err := r.UnmarshalJSON(data); err != nil {
		return Rule{}, fmt.Errorf("%q: %w", text, err)
	}
	return r, nil
}
