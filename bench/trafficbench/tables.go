package main

import (
	"fmt"
	"strings"

	"github.com/scrapehook/scrapehook/bench/benchpage"
)

// markdown is all tables; parts may be nil.
func markdown(r results, selected []figure, parts *benchmarks) string {
	var b strings.Builder
	if goals := r.goals(parts); !goals.Empty() {
		fmt.Fprintf(&b, "\n### What was aimed at\n\n%s", goals)
	}
	for _, f := range selected {
		fmt.Fprintf(&b, "\n### %s\n\n%s", title(f), r.table(f))
	}
	if parts != nil {
		fmt.Fprintf(&b, "\n### What a send is made of\n\n%s", parts.table())
	}
	return b.String()
}

// table is that of a figure.
func (r results) table(f figure) *benchpage.Table {
	switch {
	case f.kind == silent:
		return r.silent(f)
	case f.kind == freezing:
		return r.frozen(f)
	case f.order.perSecond > 0:
		return r.open(f)
	}
	return r.closed(f)
}

func title(f figure) string {
	o := f.order
	switch {
	case f.kind == bare:
		return fmt.Sprintf("Closed loop, %d connections, a net/http handler as target", o.connections)
	case f.kind == silent:
		return fmt.Sprintf("%d requests under way to a target that never answers", underWay)
	case f.kind == freezing:
		return fmt.Sprintf("%.0f/s, target frozen for %v in every %v", o.perSecond, freezeFor, freezeEvery)
	case o.perSecond > 0:
		return fmt.Sprintf("Open loop, %.0f/s", o.perSecond)
	}
	return fmt.Sprintf("Closed loop, %d connections, the cheapest target", o.connections)
}

func (r results) closed(f figure) *benchpage.Table {
	t := &benchpage.Table{Head: []string{"tool", "requests/s", "scrapehook's, of it", "CPU a request", "scrapehook's, of it", "peak memory", "target busy"}}
	for _, tool := range f.tools {
		n := tool.name
		t.Row(n, count(r.median(f.name, n, rateOf)), r.ratio(f.name, n, rateOf).String(), micros(r.median(f.name, n, cpuOf)),
			r.ratio(f.name, n, cpuOf).String(), megabytes(r.median(f.name, n, peakOf)), percent(r.median(f.name, n, busyOf), 0))
	}
	return t
}

func (r results) open(f figure) *benchpage.Table {
	t := &benchpage.Table{Head: []string{"tool", "rate held", "worst round", "left out", "late, p99", "worst round", "CPU a request", "target busy"}}
	for _, tool := range f.tools {
		n := tool.name
		t.Row(n, percent(r.median(f.name, n, heldOf), 2), percent(r.worst(f.name, n, heldOf, 1), 2), count(r.median(f.name, n, missingOf)),
			millis(r.median(f.name, n, lateOf)), millis(r.worst(f.name, n, lateOf, 0)),
			micros(r.median(f.name, n, cpuOf)), percent(r.median(f.name, n, busyOf), 0))
	}
	return t
}

func (r results) frozen(f figure) *benchpage.Table {
	t := &benchpage.Table{Head: []string{"tool", "p99 it reports", "in truth", "of the truth", "left out"}}
	for _, tool := range f.tools {
		n := tool.name
		t.Row(n, millis(r.median(f.name, n, saidOf)), millis(r.median(f.name, n, truthOf)), times(r.median(f.name, n, ofTruth)),
			count(r.median(f.name, n, missingOf)))
		if tool.from == "scrapehook" {
			t.Row(n+", its p99 from sent", millis(r.median(f.name, n, fromSentOf)), millis(r.median(f.name, n, truthOf)),
				times(r.median(f.name, n, func(m measured) float64 { return fromSentOf(m) / truthOf(m) })), "")
		}
	}
	return t
}

func (r results) silent(f figure) *benchpage.Table {
	t := &benchpage.Table{Head: []string{"tool", "memory a request", "closed after 10 s, p99", "by its own report", "closed"}}
	for _, tool := range f.tools {
		n := tool.name
		t.Row(n, kilobytes(r.median(f.name, n, perRequestOf)), "+"+millis(r.median(f.name, n, overshootOf)),
			"+"+millis(r.median(f.name, n, func(m measured) float64 { return m.silence.said })),
			count(r.median(f.name, n, func(m measured) float64 { return float64(m.silence.closed) })))
	}
	return t
}

func perRequestOf(m measured) float64 { return m.silence.perRequest }
func overshootOf(m measured) float64  { return m.silence.overshoot }
