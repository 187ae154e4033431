package explain

import (
	"fmt"
	"io"
	"strings"

	"github.com/scrapehook/scrapehook/internal/commandline"
)

// Write explains topics, in lines of at most width columns.
func Write(w io.Writer, topics []Topic, width int) {
	for i, t := range topics {
		if i > 0 {
			fmt.Fprintln(w)
		}
		paragraph(w, fmt.Sprintf("%s (%s)", t.ID, t.Kind), width)
		paragraph(w, sentence(t.Title), width)
		for _, p := range []Fact{{"What it means", t.Means}, {"Why it matters", t.Matters}, {"What to do", t.Repair}} {
			if p.Text != "" {
				fmt.Fprintln(w)
				fmt.Fprintln(w, p.Name+":")
				for _, line := range commandline.Reflow(p.Text, width-2) {
					fmt.Fprintln(w, "  "+line)
				}
			}
		}
		if len(t.More) > 0 {
			fmt.Fprintln(w)
		}
		for _, fact := range t.More {
			lines := commandline.Reflow(fact.Text, width-18)
			for j, line := range lines {
				name := ""
				if j == 0 {
					name = fact.Name
				}
				fmt.Fprintf(w, "%-16s  %s\n", name, line)
			}
		}
	}
}

func paragraph(w io.Writer, text string, width int) {
	fmt.Fprintln(w, strings.Join(commandline.Reflow(text, width), "\n"))
}

func sentence(text string) string {
	if text == "" || strings.HasSuffix(text, ".") || strings.HasSuffix(text, "…") {
		return text
	}
	return text + "."
}

// headings are the kinds in the plural.
var headings = map[string]string{
	kindRequirement: "Requirements", kindExit: "Exit codes", kindVerdict: "Verdicts of a requirement",
	kindAttempt: "How an attempt ends", kindStatus: "Statuses of a job", kindProfile: "Profiles", KindMessage: "Messages",
}

// WriteList lists topics by their kinds.
func WriteList(w io.Writer, topics []Topic, width int) {
	kind := ""
	for _, t := range topics {
		if t.Kind != kind {
			if kind != "" {
				fmt.Fprintln(w)
			}
			kind = t.Kind
			fmt.Fprintln(w, headings[kind]+":")
		}
		for _, line := range commandline.Hang(fmt.Sprintf("  %-23s  %s", t.ID, t.Title), width) {
			fmt.Fprintln(w, line)
		}
	}
}
