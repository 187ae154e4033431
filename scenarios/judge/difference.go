package judge

import (
	"fmt"
	"strings"

	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/internal/rows"
)

// differences listed of one effect; more of them say nothing new.
const differencesKept = 5

// valueKept bounds a value that is shown, in bytes; rowKept a row.
const (
	valueKept = 80
	rowKept   = 160
	// sideKept bounds a row that is shown beside another one.
	sideKept = 4 << 10
)

// differences says how the rows that a probe shows differ from the job's, the
// rows that have other values first. Only columns that could be matched are
// compared.
func differences(e scenarios.Effect, r scenarios.ProbeReading) []scenarios.Finding {
	c := rows.Compare(e.Want, r.Records, e.Columns)
	var all []scenarios.Finding
	add := func(damage scenarios.Damage, expected, actual, want, got string) {
		f := scenarios.Failure(e.Subject(), expected, actual+" ("+r.Probe+")")
		f.Damage, f.WantRow, f.GotRow = damage, human.Prefix(want, sideKept), human.Prefix(got, sideKept)
		all = append(all, f)
	}
	for _, ch := range c.Changed {
		want, got := make([]string, len(ch.Fields)), make([]string, len(ch.Fields))
		for i, f := range ch.Fields {
			want[i] = f.Column + "=" + human.Shorten(f.Want, valueKept)
			got[i] = f.Column + "=" + human.Shorten(f.Got, valueKept)
		}
		add("", fmt.Sprintf("in row %d: %s", ch.Want.Index+1, strings.Join(want, ", ")), strings.Join(got, ", "), ch.Want.JSON, ch.Got.JSON)
	}
	for _, d := range c.Doubled {
		add(scenarios.Doubled, fmt.Sprintf("row %d %s", d.Index+1, times(d.Wanted)), fmt.Sprintf("%s: %s", times(d.Seen), human.Shorten(d.JSON, rowKept)), "", "")
	}
	for _, m := range c.Missing {
		add("", fmt.Sprintf("row %d: %s", m.Index+1, human.Shorten(m.JSON, rowKept)), "not there", m.JSON, "")
	}
	for _, x := range c.Extra {
		add("", "rows of the job only", "a row that is not the job's: "+human.Shorten(x.JSON, rowKept), "", x.JSON)
	}
	if more := len(all) - differencesKept; more > 0 {
		all = append(all[:differencesKept], scenarios.Failure(e.Subject(), "no differences", human.Count(more, "more difference")))
	}
	return all
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
