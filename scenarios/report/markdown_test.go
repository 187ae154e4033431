package report_test

import (
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/report"
)

func markdown(t *testing.T, r scenarios.Report) string {
	t.Helper()
	var b strings.Builder
	if err := report.Markdown(&b, r, nil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// inOrder fails unless text has all of parts, one after the other.
func inOrder(t *testing.T, text string, parts ...string) {
	t.Helper()
	rest := text
	for _, part := range parts {
		_, after, found := strings.Cut(rest, part)
		if !found {
			t.Fatalf("no %q, or not in its place, in\n%s", part, text)
		}
		rest = after
	}
}

// TestMarkdownOrder: what is to be done stands first, what is in order is folded.
func TestMarkdownOrder(t *testing.T) {
	t.Parallel()
	inOrder(t, markdown(t, sample()),
		"## ❌ Conformance: not conformant", "**Next:** Repair ACK-03",
		"### What is wrong", "Seen in ACK-03.",
		"### Failures", "**ACK-03** (MUST) a &lt;title\\>", "- actual: 40 rows &lt;twice\\>", "- repair: do &amp; this",
		"### Errors of the harness", "**ACK-07**",
		"### Warnings", "**ACK-02**",
		"### Not looked at", "<details><summary>All 7 requirements", "| ACK-01 | MUST | pass |",
	)
}

func TestMarkdownOfSetup(t *testing.T) {
	t.Parallel()
	text := markdown(t, misconfigured())
	inOrder(t, text, "## ⚠️ Conformance: not judged: check the setup", "The endpoint answers 401 &lt;Unauthorized\\>.", "**Next:** Say which secret")
	if strings.Contains(text, "ACK-0") {
		t.Errorf("requirements that nobody judged in\n%s", text)
	}
}

// TestMarkdownShowsTextAsText: no receiver can write markup into a summary, or end
// a block of code.
func TestMarkdownShowsTextAsText(t *testing.T) {
	t.Parallel()
	r := died()
	r.Deaths[0].Output = "````\n<b>bold</b>\n"
	r.Results[2].Findings[0].Actual = "<img src=x>\n# title | `code` [link](x)"
	text := markdown(t, r)
	inOrder(t, text, "`````text\n", "````\n", "<b>bold</b>\n", "`````\n")
	inOrder(t, text, "- actual: &lt;img src=x\\> \\# title \\| \\`code\\` \\[link\\](x)\n")
}

// TestMarkdownIsBounded: CI systems refuse a summary that is too long.
func TestMarkdownIsBounded(t *testing.T) {
	t.Parallel()
	r := sample()
	broken := r.Results[2]
	broken.Findings[0].Actual = strings.Repeat("x", 1<<20)
	for range 500 {
		r.Results = append(r.Results, broken)
	}
	text := markdown(t, r)
	if len(text) > 512<<10 {
		t.Errorf("%d bytes", len(text))
	}
	inOrder(t, text, "more are in the other forms of the report", "<details><summary>All 507 requirements")
}
