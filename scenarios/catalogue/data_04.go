package catalogue

import (
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

func data04() scenarios.Scenario {
	return scenarios.Scenario{
		Requirement: scenarios.Requirement{
			ID: "DATA-04", Level: scenarios.Must,
			Title:    "values with quotes, line ends, emoji, markup or nothing arrive unchanged",
			Source:   scenarios.Source{Quote: "one JSON object a line", Document: "contract, section 2: GET scraping-job/{id}/json"},
			Sent:     "rows whose values hold quotes, line ends, emoji, numbers as text, nothing, and null",
			Observed: "the content of the rows, where a probe shows it",
			Broken:   "builds SQL or CSV by hand, guesses types, or strips what it does not know",
			Repair:   "Use a JSON parser, parameters in SQL, and columns that hold any Unicode text.",
			Needs:    []string{"ACK-01", "DATA-01"},
		},
		Effect: true,
		Play: func(d *scenarios.Driver) {
			job := d.FinishedJobWith(awkward())
			d.Notify("the notification", job)
			d.AwaitEffects(job)
		},
		Judge: judge.All(judge.Acknowledged, judge.ImportedOnce, judge.ContentSeen),
	}
}

// awkward are the texts, and a missing one at the end.
func awkward() []*string {
	var texts []*string
	for _, text := range [...]string{
		`it's "quoted" \\ and \slashed/`, "two\nlines\r\nand a\ttab", "😀 👩‍👩‍👧‍👦 ñ ü 中文 العربية", "007", "1e3", "true", "null", "",
		"  spaces  ", "'; DROP TABLE rows; --", "<b>&amp;</b>", "a,b;c|d", "\u2028\u00a0\u200d", "=1+1",
	} {
		texts = append(texts, &text)
	}
	return append(texts, nil)
}
