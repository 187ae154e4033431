package page

import (
	"fmt"
	"html/template"
	"strings"
)

// Bar is one value of a chart of bars.
type Bar struct {
	Name  string
	Value float64
	// Text is the value as it is shown.
	Text string
}

// Bars draws values from 0, a row each.
func Bars(title string, bars []Bar) template.HTML {
	const row, from = 22, 120
	most := 0.0
	for _, bar := range bars {
		most = max(most, bar.Value)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<figure class="chart"><figcaption>%s</figcaption><div class="scroll"><svg viewBox="0 0 %d %d" role="img" aria-label="%[1]s">`,
		template.HTMLEscapeString(title), width, row*len(bars)+4)
	for i, bar := range bars {
		long := 0.0
		if most > 0 {
			long = (width - from - 140) * bar.Value / most
		}
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text><rect class="bar" x="%d" y="%d" width="%.1f" height="%d"/><text x="%.1f" y="%d">%s</text>`,
			from-8, i*row+16, template.HTMLEscapeString(bar.Name), from, i*row+4, long, row-6,
			from+long+6, i*row+16, template.HTMLEscapeString(bar.Text))
	}
	b.WriteString("</svg></div></figure>")
	return template.HTML(b.String()) //nolint:gosec // every text in it is escaped
}
