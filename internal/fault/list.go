package fault

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// list is the rules of a plan, in their order. It is safe for concurrent use.
type list[T any] struct {
	mu    *sync.Mutex
	rules []*T
	last  int // id
	dice  *rand.Rand
}

// maxRules bounds a plan.
const maxRules = 1000

func newList[T any](seed uint64) list[T] {
	return list[T]{mu: &sync.Mutex{}, dice: rand.New(rand.NewPCG(seed, 'f'))} //nolint:gosec // repeatable, not secret
}

// add adds a rule after the others, which begin prepares.
func (l *list[T]) add(rule T, begin func(rule *T, id int)) (id int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.rules) >= maxRules {
		return 0, fmt.Errorf("%w: there are %d already", ErrRule, maxRules)
	}
	l.last++
	begin(&rule, l.last)
	l.rules = append(l.rules, &rule)
	return l.last, nil
}

func (l *list[T]) remove(wanted func(*T) bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := len(l.rules)
	l.rules = slices.DeleteFunc(l.rules, wanted)
	return len(l.rules) < before
}

// Clear takes every rule out.
func (l *list[T]) Clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rules = nil
}

// Rules returns the rules in their order, with what they have done so far.
func (l *list[T]) Rules() []T {
	l.mu.Lock()
	defer l.mu.Unlock()
	rules := make([]T, 0, len(l.rules))
	for _, r := range l.rules {
		rules = append(rules, *r)
	}
	return rules
}

// decode reads the JSON of a rule. An unknown member is an error.
func decode(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return fmt.Errorf("%w: %w", ErrRule, err)
	}
	return nil
}

// parse reads a rule as users write it in a line: a kind, then the members of its
// JSON form. example is a line that is right.
func parse(text, example string, rule json.Unmarshaler) error {
	kind, rest, _ := strings.Cut(text, ",")
	members := map[string]any{"kind": kind}
	for rest != "" {
		var member string
		member, rest, _ = strings.Cut(rest, ",")
		name, value, ok := strings.Cut(member, "=")
		if !ok {
			return fmt.Errorf("%w: %q: write it like %s", ErrRule, text, example)
		}
		members[name] = value
		if _, err := strconv.ParseFloat(value, 64); err == nil && !slices.Contains([]string{"route", "field", "value"}, name) {
			members[name] = json.RawMessage(value)
		}
	}
	data, err := json.Marshal(members)
	if err != nil {
		return fmt.Errorf("%w: %q", ErrRule, text)
	}
	if err := rule.UnmarshalJSON(data); err != nil {
		return fmt.Errorf("%q: %w", text, err)
	}
	return nil
}

func duration(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	return time.ParseDuration(text)
}

func durationText(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return d.String()
}
