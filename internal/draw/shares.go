package draw

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Weight is one of several values, with how often it is drawn among them.
type Weight[T ~string] struct {
	Value  T
	Weight int
}

// Weights are the values that one is drawn from.
type Weights[T ~string] []Weight[T]

const maxWeight = 1_000_000

// ParseWeights reads weights such as "finished=90,failed=10". Spaces around the
// commas are allowed. Whether a value is one of its kind is for the caller to
// check.
func ParseWeights[T ~string](text string) (Weights[T], error) {
	var weights Weights[T]
	for part := range strings.SplitSeq(text, ",") {
		name, number, ok := strings.Cut(strings.TrimSpace(part), "=")
		n, err := strconv.Atoi(number)
		if !ok || err != nil || name == "" {
			return nil, fmt.Errorf("%q is not a weight: write NAME=NUMBER, separated by commas", part)
		}
		weights = append(weights, Weight[T]{T(name), n})
	}
	return weights, weights.Check()
}

// Check returns an error if nothing can be drawn, or a value has two weights or
// one that is out of range.
func (w Weights[T]) Check() error {
	for i, each := range w {
		if each.Weight < 0 || each.Weight > maxWeight {
			return fmt.Errorf("%s has the weight %d: it must be 0 to %d", each.Value, each.Weight, maxWeight)
		}
		if slices.ContainsFunc(w[:i], func(o Weight[T]) bool { return o.Value == each.Value }) {
			return fmt.Errorf("%s has two weights", each.Value)
		}
	}
	if w.total() == 0 {
		return fmt.Errorf("%q: no weight is above 0", w.String())
	}
	return nil
}

func (w Weights[T]) total() int {
	total := 0
	for _, each := range w {
		total += each.Weight
	}
	return total
}

// Pick returns the value at unit, which is in [0, 1). The weights must have
// passed Check.
func (w Weights[T]) Pick(unit float64) T {
	rest := int(unit * float64(w.total()))
	for _, each := range w {
		if rest -= each.Weight; rest < 0 {
			return each.Value
		}
	}
	panic("draw: weights without any above 0")
}

// String writes the weights as ParseWeights reads them.
func (w Weights[T]) String() string {
	parts := make([]string, len(w))
	for i, each := range w {
		parts[i] = fmt.Sprintf("%s=%d", each.Value, each.Weight)
	}
	return strings.Join(parts, ",")
}

// ParseShare reads a share of a whole such as "2.5%" and returns it from 0 to 1.
func ParseShare(text string) (float64, error) {
	number, percent := strings.CutSuffix(text, "%")
	value, err := strconv.ParseFloat(number, 64)
	if err != nil || !percent || !(value >= 0 && value <= 100) {
		return 0, fmt.Errorf("%q is not a share: write it like 2.5%%", text)
	}
	return value / 100, nil
}

// FormatShare writes a share as ParseShare reads it.
func FormatShare(share float64) string {
	return strconv.FormatFloat(share*100, 'g', -1, 64) + "%"
}
