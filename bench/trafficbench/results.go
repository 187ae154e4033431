package main

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// results are what was measured, by figure, tool and round.
type results map[string]map[string]map[int]measured

func (r results) add(figure, tool string, round int, m measured) {
	if r[figure] == nil {
		r[figure] = map[string]map[int]measured{}
	}
	if r[figure][tool] == nil {
		r[figure][tool] = map[int]measured{}
	}
	r[figure][tool][round] = m
}

// value is one figure of a measurement; NaN if it can't be told.
type value func(measured) float64

func rateOf(m measured) float64     { return m.rate }
func cpuOf(m measured) float64      { return m.cpu }
func peakOf(m measured) float64     { return m.peak }
func busyOf(m measured) float64     { return m.busy }
func heldOf(m measured) float64     { return m.late.held }
func lateOf(m measured) float64     { return m.late.p99 }
func behindOf(m measured) float64   { return m.behind }
func missingOf(m measured) float64  { return float64(max(0, m.late.missing)) }
func saidOf(m measured) float64     { return float64(m.said.p99) }
func fromSentOf(m measured) float64 { return float64(m.said.fromSent) }
func truthOf(m measured) float64    { return float64(m.truth) }
func ofTruth(m measured) float64    { return float64(m.said.p99) / float64(m.truth) }

// median of a value over the rounds.
func (r results) median(figure, tool string, v value) float64 {
	var values []float64
	for _, m := range r[figure][tool] {
		values = append(values, v(m))
	}
	return median(values)
}

// worst is the round's value that is furthest from what is wished.
func (r results) worst(figure, tool string, v value, wished float64) float64 {
	worst := wished
	for _, m := range r[figure][tool] {
		if x := v(m); math.IsNaN(x) || math.Abs(x-wished) > math.Abs(worst-wished) {
			worst = x
		}
	}
	return worst
}

// spread is a median with the smallest and the largest value around it.
type spread struct{ median, min, max float64 }

func spreadOf(values []float64) spread {
	values = slices.DeleteFunc(values, math.IsNaN)
	if len(values) == 0 {
		return spread{math.NaN(), math.NaN(), math.NaN()}
	}
	return spread{median(values), slices.Min(values), slices.Max(values)}
}

// ratio compares ours with another tool within each round.
func (r results) ratio(figure, tool string, v value) spread {
	return r.ratioOf(figure, ours, tool, v)
}

// ratioOf compares one tool with another within each round.
func (r results) ratioOf(figure, one, tool string, v value) spread {
	var ratios []float64
	for round, m := range r[figure][one] {
		if other, ok := r[figure][tool][round]; ok {
			ratios = append(ratios, v(m)/v(other))
		}
	}
	return spreadOf(ratios)
}

// ofBest compares ours with the best of the peers in each round, by rate.
func (r results) ofBest(figure string) spread {
	var ratios []float64
	for round, m := range r[figure][ours] {
		best := math.NaN()
		for name, rounds := range r[figure] {
			other, ok := rounds[round]
			if ok && !slices.Contains([]string{ours, oursFast, oursSlow, floorName}, name) && !(other.rate <= best) {
				best = other.rate
			}
		}
		ratios = append(ratios, m.rate/best)
	}
	return spreadOf(ratios)
}

// brief is a measurement in a line, for whoever watches.
func (m measured) brief(f figure) string {
	switch {
	case f.kind == silent:
		return fmt.Sprintf("%s a request  overshoot %s", kilobytes(m.silence.perRequest), millis(m.silence.overshoot))
	case f.kind == freezing:
		return fmt.Sprintf("p99 %s, in truth %s; %d left out", millis(float64(m.said.p99)), millis(float64(m.truth)), m.late.missing)
	case f.order.perSecond > 0:
		return fmt.Sprintf("%s held  p99 late %s, by its own plan %s  target %s busy",
			percent(m.late.held, 2), millis(m.late.p99), millis(m.behind), percent(m.busy, 0))
	}
	return fmt.Sprintf("%s/s  %s CPU a request  peak %s  target %s busy", count(m.rate), micros(m.cpu), megabytes(m.peak), percent(m.busy, 0))
}

// Figures as people read them; unknown is a dash.

const unknown = "–"

func number(format string, x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return unknown
	}
	return fmt.Sprintf(format, x)
}

func count(x float64) string     { return number("%.0f", x) }
func times(x float64) string     { return number("%.2f", x) }
func micros(ns float64) string   { return number("%.2f µs", ns/float64(time.Microsecond)) }
func millis(ns float64) string   { return number("%.1f ms", ns/float64(time.Millisecond)) }
func kilobytes(b float64) string { return number("%.1f kB", b/1000) }
func megabytes(b float64) string { return number("%.0f MB", b/1e6) }
func percent(x float64, digits int) string {
	return number(fmt.Sprintf("%%.%df %%%%", digits), 100*x)
}
func (s spread) String() string {
	if math.IsNaN(s.median) {
		return unknown
	}
	return fmt.Sprintf("%.2f (%.2f–%.2f)", s.median, s.min, s.max)
}
