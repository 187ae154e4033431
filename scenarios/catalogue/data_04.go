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
			Sent:     "rows whose values hold quotes, backslashes, formulas, markup, line ends of every kind, scripts from the right, emoji, spaces around, numbers and NULL as text, nothing, and null; JSON has them unescaped where it may",
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

// awkward are the texts, and a missing one at the end. None has what a usual store
// can't hold, as PostgreSQL can't hold a NUL, or a workbook a control character.
func awkward() []*string {
	var texts []*string
	for _, text := range [...]string{
		`it's "quoted" \\ and \slashed/`, "`id` $(id) ${x} %s {{x}} \\N", "'; DROP TABLE rows; --", "a,b;c|d", "=1+1", "@SUM(A1:A9)",
		"two\nlines\r\nand a\ttab", "a lone\rreturn", "other ends:\u0085 next, \u2028 line, \u2029 paragraph", "  spaces  ", "spaces at the end   ", "\u00a0\u200d",
		"😀 👩‍👩‍👧‍👦 ñ ü 中文 العربية", "שלום \u202bעולם 12\u202c!", "composed é, and not: e\u0301", "👩\u200d💻🏽 🇫🇷",
		"007", "1e3", "123456789012345678901234567890.10", "-0", "+1", "1.10", "2024-02-30", "true", "null", "NULL", "None", "nan", "undefined", "[1, 2]", "",
		"<b>&amp;</b>", "<script>alert('&nbsp;')</script><!-- -->",
	} {
		texts = append(texts, &text)
	}
	return append(texts, nil)
}
