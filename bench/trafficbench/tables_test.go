package main

import (
	"math"
	"strings"
	"testing"
	"time"
)

// Every figure has a table and its goals, also of results with holes.
func TestMarkdown(t *testing.T) {
	t.Parallel()
	all := figures(time.Second)
	r := results{}
	for _, f := range all {
		for i, tool := range f.tools {
			if tool.name == "k6" {
				continue // as if it had failed
			}
			for round := range 3 {
				r.add(f.name, tool.name, round, measured{
					rate: 1000 / float64(i+1), cpu: 1000, peak: 1e6, busy: 0.5,
					late: lateness{held: 1, p99: 1e6}, behind: 1e6, truth: 180 * time.Millisecond,
					said: reported{p99: 180 * time.Millisecond}, silence: silence{1000, 1e6, 1e6, 8800},
				})
			}
		}
	}
	text := markdown(r, all, nil)
	for _, want := range []string{
		"closed loop, requests/s of wrk's | ≥ 1 | 4.00 (4.00–4.00) | met",
		"closed loop, requests/s of fortio's | ≥ 8 | 6.00 (6.00–6.00) | missed, the floor has 0.60",
		"net/http target, requests/s of the best peer's | ≥ 0.95 | 4.00 (4.00–4.00) | met",
		"20,000/s, rate held | 99.9–100.1 % | 100.00 % | met",
		"frozen target, p99 reported of the truth | 0.90–1.10 | 1.00 | met",
		"silent target, memory a request | ≤ 15 kB | 1.0 kB | met",
		"| k6 | – | – | – | – | – | – |",
		"### 5000/s, target frozen for 200ms in every 2s",
	} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if strings.Contains(text, "NaN") {
		t.Errorf("a NaN is in\n%s", text)
	}
}

func TestReadBenchmarks(t *testing.T) {
	t.Parallel()
	b, err := readBenchmarks(`goos: linux
BenchmarkAppendForm-2   	11476412	        91.95 ns/op	       0 B/op	       0 allocs/op
BenchmarkAppendForm-2   	11476412	        93 ns/op	       0 B/op	       0 allocs/op
BenchmarkPending/heap 	 1	  406.8 ns/op	  16.5 B/entry
PASS
`)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "a median", b.median("AppendForm", "ns/op"), 92.475, 1e-9)
	near(t, "a unit of its own", b.median("Pending/heap", "B/entry"), 16.5, 0)
	if got := b.median("Pending/heap", "allocs/op"); !math.IsNaN(got) {
		t.Errorf("what was not measured is %v", got)
	}
	if got := b.table().String(); !strings.Contains(got, "16.5 B/entry") {
		t.Errorf("the table lacks a unit:\n%s", got)
	}
}

func TestSelection(t *testing.T) {
	t.Parallel()
	for only, want := range map[string]int{"": 7, "open": 3, "closed,handler": 2, "nonsense": 0} {
		if got := len(selectFigures(figures(time.Second), only)); got != want {
			t.Errorf("-only %q selects %d figures, want %d", only, got, want)
		}
	}
}
