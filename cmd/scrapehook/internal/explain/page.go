package explain

import (
	"fmt"
	"strings"
)

// Page is the page of messages, docs/troubleshooting.md.
func Page() string {
	var b strings.Builder
	b.WriteString("<!-- Made by go test ./cmd/scrapehook -run Troubleshooting -update from the messages of scrapehook explain. -->\n" +
		"# Troubleshooting\n\n" +
		"Look for the words that you see. `scrapehook explain WORDS` finds the same in the terminal,\n" +
		"and knows requirements, exit codes and verdicts too.\n")
	for _, kind := range []string{KindMessage, kindAttempt, kindExit} {
		fmt.Fprintf(&b, "\n## %s\n", headings[kind])
		for _, t := range All() {
			if t.Kind != kind {
				continue
			}
			title := t.Title
			if kind != KindMessage {
				title = t.ID + ": " + title
			}
			fmt.Fprintf(&b, "\n### %s\n", title)
			for _, text := range []string{t.Means, t.Repair} {
				if text != "" {
					fmt.Fprintf(&b, "\n%s\n", text)
				}
			}
		}
	}
	return b.String()
}
