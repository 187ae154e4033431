package report

import (
	"fmt"
	"strings"
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
		if len(changes) == 0 {
			continue
		}
		fmt.Fprintf(&b, "  %s\n", kindTitle(kind))
		for _, change := range changes {
			verdicts := change.words()
			painted := verdicts
			if change.After != "" {
				painted = style.paint(change.After, verdicts)
			}
			const column = 46
			fmt.Fprintf(&b, "    %-8s  %-6s  %s%s  %s\n", change.ID, change.Level, painted,
				strings.Repeat(" ", max(0, column-22-len([]rune(verdicts)))), style.fold(change.Title, column))
		}
	}
	fmt.Fprintf(&b, "  %s as before\n", counted(c.Same, "requirement"))
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

// words are the verdicts before and after.
func (c Change) words() string {
	switch {
	case c.Before == "":
		return label(c.After)
	case c.After == "":
		return "was " + label(c.Before)
	}
	return label(c.Before) + " → " + label(c.After)
}

func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
