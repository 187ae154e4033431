package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"
)

// table is one of Markdown's, which also reads well as it is.
type table struct {
	head []string
	rows [][]string
}

func (t *table) row(cells ...string) { t.rows = append(t.rows, cells) }

// String aligns the first column to the left and the others to the right.
func (t *table) String() string {
	widths := make([]int, len(t.head))
	for _, row := range append([][]string{t.head}, t.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	write := func(row []string) {
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				b.WriteString("| " + cell + pad)
			} else {
				b.WriteString(" | " + pad + cell)
			}
		}
		b.WriteString(" |\n")
	}
	write(t.head)
	for i, width := range widths {
		if i == 0 {
			b.WriteString("|" + strings.Repeat("-", width+2))
		} else {
			b.WriteString("|" + strings.Repeat("-", width+1) + ":")
		}
	}
	b.WriteString("|\n")
	for _, row := range t.rows {
		write(row)
	}
	return b.String()
}

// markdown is all tables; parts may be nil.
func markdown(r results, selected []figure, parts *benchmarks) string {
	var b strings.Builder
	if goals := r.goals(parts); len(goals.rows) > 0 {
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
func (r results) table(f figure) *table {
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

func (r results) closed(f figure) *table {
	t := &table{head: []string{"tool", "requests/s", "scrapehook's, of it", "CPU a request", "scrapehook's, of it", "peak memory", "target busy"}}
	for _, tool := range f.tools {
		n := tool.name
		t.row(n, count(r.median(f.name, n, rateOf)), r.ratio(f.name, n, rateOf).String(), micros(r.median(f.name, n, cpuOf)),
			r.ratio(f.name, n, cpuOf).String(), megabytes(r.median(f.name, n, peakOf)), percent(r.median(f.name, n, busyOf), 0))
	}
	return t
}

func (r results) open(f figure) *table {
	t := &table{head: []string{"tool", "rate held", "worst round", "left out", "late, p99", "worst round", "CPU a request", "target busy"}}
	for _, tool := range f.tools {
		n := tool.name
		t.row(n, percent(r.median(f.name, n, heldOf), 2), percent(r.worst(f.name, n, heldOf, 1), 2), count(r.median(f.name, n, missingOf)),
			millis(r.median(f.name, n, lateOf)), millis(r.worst(f.name, n, lateOf, 0)),
			micros(r.median(f.name, n, cpuOf)), percent(r.median(f.name, n, busyOf), 0))
	}
	return t
}

func (r results) frozen(f figure) *table {
	t := &table{head: []string{"tool", "p99 it reports", "in truth", "of the truth", "left out"}}
	for _, tool := range f.tools {
		n := tool.name
		t.row(n, millis(r.median(f.name, n, saidOf)), millis(r.median(f.name, n, truthOf)), times(r.median(f.name, n, ofTruth)),
			count(r.median(f.name, n, missingOf)))
		if tool.from == "scrapehook" {
			t.row(n+", its p99 from sent", millis(r.median(f.name, n, fromSentOf)), millis(r.median(f.name, n, truthOf)),
				times(r.median(f.name, n, func(m measured) float64 { return fromSentOf(m) / truthOf(m) })), "")
		}
	}
	return t
}

func (r results) silent(f figure) *table {
	t := &table{head: []string{"tool", "memory a request", "closed after 10 s, p99", "by its own report", "closed"}}
	for _, tool := range f.tools {
		n := tool.name
		t.row(n, kilobytes(r.median(f.name, n, perRequestOf)), "+"+millis(r.median(f.name, n, overshootOf)),
			"+"+millis(r.median(f.name, n, func(m measured) float64 { return m.silence.said })),
			count(r.median(f.name, n, func(m measured) float64 { return float64(m.silence.closed) })))
	}
	return t
}

func perRequestOf(m measured) float64 { return m.silence.perRequest }
func overshootOf(m measured) float64  { return m.silence.overshoot }

// The marks between which a page has the tables.
const (
	beginMark = "<!-- tables of trafficbench: begin -->\n"
	endMark   = "<!-- tables of trafficbench: end -->\n"
)

// writeBetweenMarks puts text between the marks of a file.
func writeBetweenMarks(path, text string) error {
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, ok := bytes.Cut(page, []byte(beginMark))
	_, after, ok2 := bytes.Cut(rest, []byte(endMark))
	if !ok || !ok2 {
		return fmt.Errorf("%s has no place for the tables: put the lines %q and %q there", path, strings.TrimSpace(beginMark), strings.TrimSpace(endMark))
	}
	page = bytes.Join([][]byte{before, []byte(beginMark), []byte("\n" + text + "\n"), []byte(endMark), after}, nil)
	return os.WriteFile(path, page, 0o600) //nolint:gosec // the user names the file
}
