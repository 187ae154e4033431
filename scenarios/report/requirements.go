package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/scrapehook/scrapehook/scenarios"
)

// Requirements writes the catalogue as a page of Markdown.
func Requirements(w io.Writer, catalogue []scenarios.Scenario) error {
	var b strings.Builder
	b.WriteString(`# The requirements

What ` + "`scrapehook conform`" + ` asks of a receiver. This page is made from the catalogue
that the suite plays (` + "`make requirements`" + `); IDs are never renumbered and never
reused.

MUST: the contract says so, or data is lost or doubled otherwise. SHOULD: the
contract recommends it, or every careful receiver does it. An effect is rows
imported for a job, seen by a probe; what no probe could see is not called
passed.

| ID | level | a receiver conforms if |
|---|---|---|
`)
	for _, s := range catalogue {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s |\n", s.ID, strings.ToLower(s.ID), s.Level, cell(s.Title))
	}
	for _, s := range catalogue {
		fmt.Fprintf(&b, "\n## %s\n\n**%s** %s.\n\n> %s\n>\n> %s\n\n", s.ID, s.Level, s.Title, s.Source.Quote, linked(s.Source))
		fmt.Fprintf(&b, "- Sent: %s.\n- Observed: %s.\n- What breaks it: a receiver that %s.\n- Repair: %s\n", s.Sent, s.Observed, s.Broken, s.Repair)
		if len(s.Needs) > 0 {
			fmt.Fprintf(&b, "- Needs: %s; without, it is blocked rather than failed.\n", strings.Join(s.Needs, ", "))
		}
		if how := needs(s.Requires()); how != "" {
			fmt.Fprintf(&b, "- %s\n", how)
		}
		if code := repairInCode(s.ID); code != "" {
			fmt.Fprintf(&b, "\n%s", code)
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing the requirements: %w", err)
	}
	return nil
}

// linked is the name of a source, with a link to its section of the contract.
func linked(s scenarios.Source) string {
	if page := citationOf(s); page != "" {
		return "[" + s.Document + "](" + page + ")"
	}
	return s.Document
}

// needs says what the user must give for a scenario to be judged.
func needs(requires []string) string {
	if len(requires) == 0 {
		return ""
	}
	return "Needs " + strings.Join(requires, " and ") + "."
}

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
