package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/scrapehook/scrapehook/scenarios"
)

// markdownKept bounds the whole text, in bytes: CI systems refuse a summary of
// more than a megabyte. What is written of broken requirements ends there, the
// table of all of them follows nevertheless.
const markdownKept = 256 << 10

// Markdown writes the report for the summary of a CI job: the verdict, the
// causes, what is broken with what was expected and what came, and last a folded
// table of all requirements. Whatever a receiver said is shown as text.
func Markdown(w io.Writer, r scenarios.Report, compared *Comparison) error {
	c := r.Conclude()
	var b strings.Builder
	fmt.Fprintf(&b, "## %s %s\n\n%s\n\n", markdownSign(c.Face), plain("Conformance: "+c.Headline), plain(c.Meaning))
	fmt.Fprintf(&b, "**Next:** %s\n\n", plain(c.Next))
	if r.Setup == nil && !r.Checked {
		markdownCauses(&b, c.Causes)
		markdownBroken(&b, r)
		markdownList(&b, "Not looked at", c.NotLookedAt)
	}
	if compared != nil {
		fmt.Fprintf(&b, "### What has changed\n\n%s\n", fenced(comparison(*compared, Style{})))
	}
	if r.Setup == nil && !r.Checked {
		markdownTable(&b, r)
	}
	fmt.Fprintf(&b, "<details><summary>How it was judged</summary>\n\n%s\n</details>\n", fenced(header(r)+"\n"+rhythm(r)+r.Command))
	return write(w, b.String())
}

// markdownSign tells a verdict without its colour.
func markdownSign(v scenarios.Verdict) string {
	switch v {
	case scenarios.Pass:
		return "✅"
	case scenarios.Fail:
		return "❌"
	default:
		return "⚠️"
	}
}

func markdownCauses(b *strings.Builder, causes []scenarios.Cause) {
	if len(causes) == 0 {
		return
	}
	b.WriteString("### What is wrong, the most basic first\n\n")
	for i, cause := range causes {
		fmt.Fprintf(b, "%d. **%s** %s", i+1, plain(cause.Sentence), plain(cause.Next))
		if len(cause.IDs) > 0 {
			fmt.Fprintf(b, " Seen in %s.", plain(strings.Join(cause.IDs, ", ")))
		}
		b.WriteString("\n")
		if cause.Output != "" {
			fmt.Fprintf(b, "\n%s\n", indent(fenced(cause.Output), "   "))
		}
	}
	b.WriteString("\n")
}

// markdownBroken writes what is broken: failures, then errors of the harness, then
// warnings.
func markdownBroken(b *strings.Builder, r scenarios.Report) {
	left := 0
	for _, group := range []struct {
		verdict scenarios.Verdict
		title   string
	}{{scenarios.Fail, "Failures"}, {scenarios.Errored, "Errors of the harness"}, {scenarios.Warn, "Warnings"}} {
		begun := false
		for _, result := range r.Results {
			switch {
			case result.Verdict != group.verdict || r.Interrupted && result.Verdict == scenarios.Errored:
				continue
			case b.Len() > markdownKept:
				left++
				continue
			case !begun:
				fmt.Fprintf(b, "### %s\n\n", group.title)
				begun = true
			}
			markdownResult(b, result)
		}
	}
	if left > 0 {
		fmt.Fprintf(b, "%d more are in the other forms of the report.\n\n", left)
	}
}

func markdownResult(b *strings.Builder, result scenarios.Result) {
	fmt.Fprintf(b, "**%s** (%s) %s\n\n", plain(result.ID), result.Level, plain(result.Title))
	if result.Known != "" {
		fmt.Fprintf(b, "- known: %s\n", plain(result.Known))
	}
	for i, f := range result.Findings {
		if i == findingsInText {
			fmt.Fprintf(b, "- and %d more\n", len(result.Findings)-i)
			break
		}
		fmt.Fprintf(b, "- %s\n  - expected: %s\n  - actual: %s\n", plain(f.Subject), plain(f.Expected), plain(f.Actual))
	}
	if result.Repairable() {
		fmt.Fprintf(b, "- repair: %s\n", plain(result.Repair))
	}
	b.WriteString("\n")
}

func markdownList(b *strings.Builder, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(b, "### %s\n\n", title)
	for _, line := range lines {
		fmt.Fprintf(b, "- %s\n", plain(line))
	}
	b.WriteString("\n")
}

func markdownTable(b *strings.Builder, r scenarios.Report) {
	if len(r.Results) == 0 {
		return
	}
	fmt.Fprintf(b, "<details><summary>All %d requirements</summary>\n\n", len(r.Results))
	b.WriteString("| ID | level | verdict | time | requirement |\n|---|---|---|---|---|\n")
	for _, result := range r.Results {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n",
			plain(result.ID), result.Level, label(result.Verdict), Took(result.Duration), plain(result.Title))
	}
	b.WriteString("\n</details>\n\n")
}

// lineKept bounds each text in a line, in characters.
const lineKept = 2000

// plain writes text so that Markdown shows it as it is, in one line.
func plain(text string) string {
	text = strings.Join(strings.Fields(printable(text)), " ")
	if runes := []rune(text); len(runes) > lineKept {
		text = string(runes[:lineKept]) + " …"
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '<':
			b.WriteString("&lt;")
		case r == '&':
			b.WriteString("&amp;")
		case strings.ContainsRune("\\`*_{}[]>#|~$!@", r):
			b.WriteRune('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// fenced writes text as a block of code, within a fence that is longer than any
// in the text.
func fenced(text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + "text\n" + strings.TrimRight(printable(text), "\n") + "\n" + fence + "\n"
}
