// Package text writes numbers, durations and excerpts for people, in the one
// way in which all of the project's output does.
package text

import (
	"fmt"
	"strings"
	"time"
)

// Plural is n with its noun: "1 row", "2 rows".
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Duration writes a duration: 640 µs, 12 ms, 3.4 s, 75 s; and - for none.
func Duration(d time.Duration) string {
	switch {
	case d <= 0:
		return "-"
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%.0f s", d.Seconds())
}

// Round keeps two or three digits that mean something.
func Round(d time.Duration) time.Duration {
	switch {
	case d > 10*time.Second:
		return d.Round(100 * time.Millisecond)
	case d > time.Second:
		return d.Round(10 * time.Millisecond)
	case d > time.Millisecond:
		return d.Round(100 * time.Microsecond)
	}
	return d.Round(time.Microsecond)
}

// Cut is s, or its beginning of at most that many bytes and a mark. It never
// cuts a character in two.
func Cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return Beginning(s, most) + "…"
}

// CutFront is s, or its end of at most that many bytes behind a mark.
func CutFront(s string, most int) string {
	if len(s) <= most {
		return s
	}
	end := s[len(s)-most:]
	for len(end) > 0 && end[0]&0xC0 == 0x80 { // the rest of a character
		end = end[1:]
	}
	return "…" + end
}

// Beginning is the beginning of s, at most that many bytes, as valid UTF-8.
func Beginning(s string, most int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}
