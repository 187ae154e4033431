// Package human writes numbers, durations and long texts for people to read.
// It is not for machines: JSON and metrics hold the exact values.
package human

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Count is n with its noun: "1 row", "2 rows". The plural is the noun with an
// s, unless it is given: Count(n, "entry", "entries").
func Count[N ~int | ~int32 | ~int64 | ~uint32 | ~uint64](n N, noun string, plural ...string) string {
	switch {
	case n == 1:
	case len(plural) > 0:
		noun = plural[0]
	default:
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// Duration is d with at most three digits and a unit: "640 µs", "12.3 ms",
// "75 s". Two minutes and more are written in two units: "2 min 5 s",
// "3 h 20 min", "14 d".
func Duration(d time.Duration) string {
	if d < 0 {
		return "-" + Duration(max(-d, 0)) // the smallest duration has no opposite
	}
	switch rounded := d.Round(time.Second); {
	case d < time.Microsecond:
		return threeDigits(float64(d), "ns")
	case d < 999_500*time.Nanosecond:
		return threeDigits(float64(d)/1e3, "µs")
	case d < 999_500*time.Microsecond:
		return threeDigits(float64(d)/1e6, "ms")
	case rounded < 2*time.Minute:
		return threeDigits(d.Seconds(), "s")
	case rounded < 2*time.Hour:
		return twoUnits(rounded, time.Minute, "min", time.Second, "s")
	case d.Round(time.Minute) < 48*time.Hour:
		return twoUnits(d.Round(time.Minute), time.Hour, "h", time.Minute, "min")
	}
	return twoUnits(d.Round(time.Hour), 24*time.Hour, "d", time.Hour, "h")
}

func threeDigits(value float64, unit string) string {
	if value == 0 {
		return "0 s"
	}
	decimals := 0
	switch {
	case value < 9.995:
		decimals = 2
	case value < 99.95:
		decimals = 1
	}
	digits := strconv.FormatFloat(value, 'f', decimals, 64)
	if decimals > 0 {
		digits = strings.TrimRight(strings.TrimRight(digits, "0"), ".")
	}
	return digits + " " + unit
}

func twoUnits(d, large time.Duration, largeName string, small time.Duration, smallName string) string {
	whole := fmt.Sprintf("%d %s", d/large, largeName)
	if rest := d % large / small; rest > 0 {
		return fmt.Sprintf("%s %d %s", whole, rest, smallName)
	}
	return whole
}

// Or is a list of alternatives: "a", "a or b", "a, b or c".
func Or[S ~string](words ...S) string { return list(words, " or ") }

// And is a list of things: "a", "a and b", "a, b and c".
func And[S ~string](words ...S) string { return list(words, " and ") }

func list[S ~string](words []S, last string) string {
	var b strings.Builder
	for i, w := range words {
		switch {
		case i == 0:
		case i == len(words)-1:
			b.WriteString(last)
		default:
			b.WriteString(", ")
		}
		b.WriteString(string(w))
	}
	return b.String()
}

// Prefix is the beginning of s: at most limit bytes, and no part of a character
// at its end.
func Prefix(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	end := max(limit, 0)
	for end > 0 && end > limit-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

// Shorten is s, or its first limit bytes in whole characters and an ellipsis.
func Shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return Prefix(s, limit) + "…"
}

// Fit is s on a line of that many columns, one a character; what does not fit
// becomes an ellipsis. With no columns, the width is not known and s stays.
func Fit(s string, columns int) string {
	if columns <= 0 || utf8.RuneCountInString(s) <= columns {
		return s
	}
	return string([]rune(s)[:columns-1]) + "…"
}

// leastRoom is how narrow a column of text may be; where less is left beside what
// stands before it, the text begins on a line of its own.
const leastRoom = 24

// Fold breaks text at a terminal's width, 0 is nowhere. The first line begins at
// column from, as do those that follow.
func Fold(text string, width, from int) string {
	if width <= 0 {
		return text
	}
	start := ""
	if width-from < leastRoom {
		from = min(from, 4)
		start = "\n" + strings.Repeat(" ", from)
		if from == 0 {
			start = ""
		}
	}
	room, column := max(width-from, 1), 0
	var b strings.Builder
	b.WriteString(start)
	for i, word := range strings.Fields(text) {
		wide := utf8.RuneCountInString(word)
		switch {
		case i == 0:
			column = wide
		case column+1+wide > room:
			b.WriteString("\n" + strings.Repeat(" ", from))
			column = wide
		default:
			b.WriteByte(' ')
			column += 1 + wide
		}
		b.WriteString(word)
	}
	return b.String()
}
