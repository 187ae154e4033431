package plan_test

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/traffic/plan"
	"github.com/scrapehook/scrapehook/internal/traffic/traffictest"
)

func timesOf(p *plan.Plan) []time.Duration {
	var times []time.Duration
	for _, at := range p.Jobs() {
		times = append(times, at)
	}
	return times
}

// counts is how many times are in each of parts equal parts of span.
func counts(times []time.Duration, span time.Duration, parts int) []int {
	n := make([]int, parts)
	for _, at := range times {
		n[int(at*time.Duration(parts)/span)]++
	}
	return n
}

func TestArrivals(t *testing.T) {
	t.Parallel()
	const span = 10 * time.Second
	for _, tc := range []struct {
		text string
		want []int // jobs in each fifth of the span, at 100/s
		off  int   // by how much each may differ
	}{
		{"constant", []int{200, 200, 200, 200, 200}, 0},
		{"poisson", []int{200, 200, 200, 200, 200}, 70},
		{"burst:50", []int{200, 200, 200, 200, 200}, 0},
		{"ramp", []int{20, 60, 100, 140, 180}, 1},
		{"ramp:100", []int{200, 200, 200, 200, 200}, 1},
		{"ramp:200/s", []int{380, 340, 300, 260, 220}, 1},
		{"sine:2s", []int{200, 200, 200, 200, 200}, 1},
		{"sine:10s", []int{49, 258, 387, 258, 49}, 2},
		{"steps", []int{40, 80, 120, 160, 200}, 1},
		{"steps:1", []int{200, 200, 200, 200, 200}, 0},
	} {
		t.Run(tc.text, func(t *testing.T) {
			t.Parallel()
			p := traffictest.Plan(t, tc.text, 100, span, nil)
			times := timesOf(p)
			if !slices.IsSorted(times) {
				t.Error("the times fall")
			}
			for i, n := range counts(times, span, 5) {
				if math.Abs(float64(n-tc.want[i])) > float64(tc.off) {
					t.Errorf("%d jobs in part %d, want %d", n, i, tc.want[i])
				}
			}
			if p.Total() != int64(len(times)) {
				t.Errorf("total %d of %d jobs", p.Total(), len(times))
			}
			mean := float64(len(times)) / span.Seconds()
			if want := plan.MeanRate(tc.text, 100); math.Abs(mean-want) > 10 {
				t.Errorf("%v jobs a second on average, and MeanRate says %v", mean, want)
			}
		})
	}
}

func TestArrivalsComeInBursts(t *testing.T) {
	t.Parallel()
	times := timesOf(traffictest.Plan(t, "burst:4", 2, 0, func(cfg *plan.Config) { cfg.Jobs = 9 }))
	want := []time.Duration{0, 0, 0, 0, 2 * time.Second, 2 * time.Second, 2 * time.Second, 2 * time.Second, 4 * time.Second}
	if !slices.Equal(times, want) {
		t.Errorf("got %v", times)
	}
}

func TestArrivalsAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"gauss":                "no such shape",
		"constant:3":           "takes no parameter",
		"burst:0":              "not a number above 0",
		"ramp:x":               "not a rate",
		"sine:-1s":             "not a period",
		"steps:many":           "not a number",
		"trace:":               "name a file",
		"trace:/not/there":     "opening the trace",
		"trace:" + "/dev/null": "no arrival in it",
	} {
		if _, err := plan.ParseArrivals(text, 1, time.Second); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
	for _, text := range []string{"ramp", "steps"} {
		if _, err := plan.ParseArrivals(text, 1, 0); err == nil || !strings.Contains(err.Error(), "how long the run is") {
			t.Errorf("%s without a span: got %v", text, err)
		}
	}
	if _, err := plan.ParseArrivals("constant", 0, time.Second); err == nil || !strings.Contains(err.Error(), "above 0") {
		t.Errorf("rate 0: got %v", err)
	}
}

func TestParseRate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"500/s": 500, "30/m": 0.5, "3600/h": 1, "2.5": 2.5} {
		if got, err := plan.ParseRate(text); err != nil || got != want {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "x/s", "5/d", "-1", "NaN", "1e12"} {
		if got, err := plan.ParseRate(text); err == nil {
			t.Errorf("%q is taken for %v", text, got)
		}
	}
}

func TestReadTrace(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, text string
		want       []float64
		err        string
	}{
		{"seconds", "# a comment\n0\n0.5\n\n0.5,ignored\n3\n", []float64{0, 0.5, 0.5, 3}, ""},
		{"times", "2026-01-02T00:00:00Z\n2026-01-02T00:00:01.25Z\n", []float64{0, 1.25}, ""},
		{"other words", "0\nsoon\n", nil, `line 2: "soon" is neither`},
		{"times that fall", "1\n0.5\n", nil, "line 2: \"0.5\" is before"},
		{"negative", "-1\n", nil, "line 1: \"-1\" is not between"},
		{"not a number", "NaN\n", nil, "line 1"},
		{"seconds, then times", "0\n2026-01-02T00:00:00Z\n", nil, "line 2"},
		{"times, then seconds", "2026-01-02T00:00:00Z\n5\n", nil, "line 2"},
		{"nothing", "# nothing\n", nil, "no arrival"},
		{"a line without end", strings.Repeat("1", 100_000), nil, "too long"},
	} {
		got, err := plan.ReadTrace(strings.NewReader(tc.text))
		if (err == nil) != (tc.err == "") || (err != nil && !strings.Contains(err.Error(), tc.err)) || !slices.Equal(got, tc.want) {
			t.Errorf("%s: got %v, %v", tc.name, got, err)
		}
	}
}

func TestTraceEndsThePlan(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "trace")
	if err := os.WriteFile(path, []byte("0\n1\n1\n2.5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := traffictest.Plan(t, "trace:"+path, 0, 0, nil)
	want := []time.Duration{0, time.Second, time.Second, 2500 * time.Millisecond}
	if got := timesOf(p); !slices.Equal(got, want) || p.Total() != 4 {
		t.Errorf("got %v of %d", got, p.Total())
	}
	// Unless time or a number ends it before.
	p = traffictest.Plan(t, "trace:"+path, 0, 2*time.Second, nil)
	if got := timesOf(p); !slices.Equal(got, want[:3]) || p.Total() != 3 {
		t.Errorf("within 2 s, got %v of %d", got, p.Total())
	}
	p = traffictest.Plan(t, "trace:"+path, 0, 0, func(cfg *plan.Config) { cfg.Jobs = 2 })
	if got := timesOf(p); !slices.Equal(got, want[:2]) || p.Total() != 2 {
		t.Errorf("at most 2, got %v of %d", got, p.Total())
	}
}
