package report

import (
	_ "embed"
	"regexp"
	"strings"
)

//go:embed repairs.md
var repairsText string

// guide is the document that has the repairs of the commonest mistakes in five
// languages.
const guide = "correct-handler.md"

// repairInCode is the mistake and its repair, as Markdown for a page in docs: a
// block of code, or a link to the guide's section; empty when there is none.
func repairInCode(id string) string {
	_, after, found := strings.Cut(repairsText, "## "+id+"\n")
	if !found {
		return ""
	}
	text, _, _ := strings.Cut(after, "\n## ")
	title, elsewhere := strings.CutPrefix(strings.TrimSpace(text), "see ")
	if !elsewhere {
		return "The mistake and the repair in code:\n\n" + strings.TrimSpace(text) + "\n"
	}
	return "The mistake and the repair in code, in five languages: [" + title + "](" + guide + "#" + anchor(title) + ").\n"
}

var notInAnchors = regexp.MustCompile(`[^a-z0-9 _-]`)

// anchor is the address of a heading, as GitHub makes it.
func anchor(heading string) string {
	return strings.ReplaceAll(notInAnchors.ReplaceAllString(strings.ToLower(heading), ""), " ", "-")
}
