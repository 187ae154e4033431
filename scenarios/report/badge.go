package report

import (
	"fmt"
	"html/template"
	"io"

	"github.com/scrapehook/scrapehook/scenarios"
)

// badgeTemplate draws two fields. The texts are given the widths that the
// fields were made for, so they fit whatever font there is.
var badgeTemplate = template.Must(template.New("badge").Parse(`<svg xmlns="http://www.w3.org/2000/svg" width="{{.Width}}" height="20" viewBox="0 0 {{.Width}} 20" role="img" aria-label="{{.Name}}: {{.Says}}">
<title>{{.Name}}: {{.Says}}</title>
<clipPath id="round"><rect width="{{.Width}}" height="20" rx="4"/></clipPath>
<g clip-path="url(#round)"><rect width="{{.Left.Width}}" height="20" fill="#3a414d"/><rect x="{{.Left.Width}}" width="{{.Right.Width}}" height="20" fill="{{.Color}}"/></g>
<g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">
<text x="{{.Left.At}}" y="14" textLength="{{.Left.Long}}">{{.Name}}</text>
<text x="{{.Right.At}}" y="14" textLength="{{.Right.Long}}">{{.Says}}</text>
</g>
</svg>
`))

// field is one of the badge's two: where its text begins and how long that is.
type field struct{ Width, At, Long int }

// Badge writes a small picture of the verdict, as SVG, with how many requirements
// of the whole catalogue are met.
func Badge(w io.Writer, r scenarios.Report, _ *Comparison) error {
	const name, gap = "scrapehook", 7
	c := r.Conclude()
	says := c.Badge
	left := field{Width: textWidth(name) + 2*gap, At: gap, Long: textWidth(name)}
	right := field{Width: textWidth(says) + 2*gap, At: left.Width + gap, Long: textWidth(says)}
	err := badgeTemplate.Execute(w, struct {
		Name, Says, Color string
		Width             int
		Left, Right       field
	}{name, says, verdictColors[c.Face], left.Width + right.Width, left, right})
	if err != nil {
		return fmt.Errorf("writing the badge: %w", err)
	}
	return nil
}

// textWidth estimates the width of a text in pixels, in a sans-serif font of
// 11 pixels, by how wide its letters are drawn.
func textWidth(text string) int {
	width := 0.0
	for _, r := range text {
		switch r {
		case 'i', 'j', 'l', ' ', '.', ',', '|':
			width += 3.6
		case 'f', 'r', 't', '/':
			width += 4.6
		case 'm', 'w':
			width += 9.8
		default:
			width += 6.8
		}
	}
	return int(width + 0.5)
}
