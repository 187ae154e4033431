package report

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/scrapehook/scrapehook/internal/human"
)

// comparison is the text of what changed.
func comparison(c Comparison, style Style) string {
	var b strings.Builder
	fmt.Fprintf(&b, "compared with the run of %s\n", c.Began.UTC().Format("2006-01-02 15:04:05 UTC"))
	if c.Before == c.After {
		fmt.Fprintf(&b, "  the whole: %s, as before\n", c.After)
	} else {
		fmt.Fprintf(&b, "  the whole: %s before, %s now\n", c.Before, c.After)
	}
	for _, kind := range ChangeKinds() {
		changes := c.Of(kind)
		switch {
		case len(changes) == 0:
		case kind == Added || kind == Gone: // mostly another filter's doing
			var ids []string
			for _, change := range changes {
				ids = append(ids, change.ID)
			}
			fmt.Fprintf(&b, "  %s: %s\n", kindTitle(kind), style.fold(strings.Join(ids, ", "), 4))
		default:
			fmt.Fprintf(&b, "  %s\n", kindTitle(kind))
			for _, change := range changes {
				b.WriteString(change.line(style))
			}
		}
	}
	fmt.Fprintf(&b, "  %s as before\n", human.Count(c.Same, "requirement"))
	if len(c.Circumstances) > 0 {
		var parts []string
		for _, d := range c.Circumstances {
			parts = append(parts, fmt.Sprintf("%s %s, now %s", d.What, orNone(d.Before), orNone(d.After)))
		}
		fmt.Fprintf(&b, "  the runs differ, which may explain changes: %s\n", style.fold(strings.Join(parts, "; "), 4))
	}
	return b.String()
}

func kindTitle(k ChangeKind) string {
	switch k {
	case Broke:
		return "newly failing"
	case Repaired:
		return "repaired"
	case Met:
		return "newly passing"
	case Added:
		return "not played before"
	case Gone:
		return "not played now"
	case Other:
	}
	return "another verdict"
}

// line is a change as a row under its kind.
func (c Change) line(style Style) string {
	const wide = 20
	verdicts := label(c.Before) + " → " + label(c.After)
	space := strings.Repeat(" ", max(0, wide-utf8.RuneCountInString(verdicts)))
	return fmt.Sprintf("    %-8s  %-6s  %s%s  %s\n", c.ID, c.Level, style.paint(c.After, verdicts), space, style.fold(c.Title, wide+24))
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
