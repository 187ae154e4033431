package draw_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/internal/draw"
)

var _ rand.Source = (*draw.Source)(nil)

func TestSourceIsSplitmix64(t *testing.T) {
	t.Parallel()
	// The first outputs of the reference implementation (Vigna, 2015), seed 1234567.
	s := draw.Source{State: 1234567}
	for i, want := range []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423} {
		if got := s.Uint64(); got != want {
			t.Errorf("draw %d is %d, want %d", i, got, want)
		}
	}
}

func TestThingsAreDrawnIndependently(t *testing.T) {
	t.Parallel()
	seen := map[uint64]bool{}
	for kind := range uint64(3) {
		for index := range int64(1000) {
			s := draw.Of(7, kind, index)
			seen[s.Uint64()] = true
		}
	}
	if len(seen) != 3000 {
		t.Errorf("3000 things have %d different first draws", len(seen))
	}
}

func TestMeans(t *testing.T) {
	t.Parallel()
	const draws = 100_000
	s, uniform, exponential := draw.Of(1, 2, 3), 0.0, 0.0
	for range draws {
		u := s.Float64()
		if u < 0 || u >= 1 {
			t.Fatalf("a draw is %v", u)
		}
		uniform += u
		exponential += s.ExpFloat64()
	}
	if got := uniform / draws; math.Abs(got-0.5) > 0.01 {
		t.Errorf("the mean of Float64 is %v", got)
	}
	if got := exponential / draws; math.Abs(got-1) > 0.02 {
		t.Errorf("the mean of ExpFloat64 is %v", got)
	}
}

func TestWeights(t *testing.T) {
	t.Parallel()
	w, err := draw.ParseWeights[string]("a=1, b=0,c=3")
	if err != nil || w.String() != "a=1,b=0,c=3" {
		t.Fatalf("got %v, %v", w, err)
	}
	for unit, want := range map[float64]string{0: "a", 0.2499: "a", 0.25: "c", 0.9999: "c"} {
		if got := w.Pick(unit); got != want {
			t.Errorf("%v picks %s, want %s", unit, got, want)
		}
	}
}

func TestWeightsThatAreWrong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":            "not a weight",
		"a":           "not a weight",
		"=1":          "not a weight",
		"a=1.5":       "not a weight",
		"a=1,":        "not a weight",
		"a=-1":        "must be 0 to",
		"a=1000001":   "must be 0 to",
		"a=1,b=2,a=3": "a has two weights",
		"a=0,b=0":     "no weight is above 0",
	} {
		if w, err := draw.ParseWeights[string](text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, %v, want an error with %q", text, w, err, want)
		}
	}
}

func TestShares(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"0%": 0, "2.5%": 0.025, "100%": 1} {
		got, err := draw.ParseShare(text)
		if err != nil || got != want || draw.FormatShare(got) != text {
			t.Errorf("%s: got %v (%s), %v", text, got, draw.FormatShare(got), err)
		}
	}
	for _, text := range []string{"", "%", "5", "-1%", "101%", "NaN%", "5 %"} {
		if got, err := draw.ParseShare(text); err == nil {
			t.Errorf("%q became %v", text, got)
		}
	}
}
