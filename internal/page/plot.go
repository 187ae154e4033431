package page

import (
	"fmt"
	"html/template"
	"math"
	"strings"
)

// Point is one value of a series.
type Point struct{ X, Y float64 }

// Series is a line of a plot.
type Series struct {
	Name   string
	Points []Point
}

// Plot is a chart of lines. The zero values of its functions show plain
// numbers.
type Plot struct {
	Title string
	// X and Y label a value of an axis.
	X, Y func(float64) string
	// XTicks are where the x axis is labelled; none is at round numbers.
	XTicks []float64
	// LogY has each power of ten take the same height; values below the
	// smallest power are drawn on the axis.
	LogY   bool
	Series []Series
}

// The drawing's measures, in SVG's user units.
const (
	width, height            = 720, 260
	left, right, top, bottom = 64, 28, 12, 28
)

// SVG draws the plot. Series without points are only named.
func (p Plot) SVG() template.HTML {
	x, y := p.scales()
	var b strings.Builder
	fmt.Fprintf(&b, `<figure class="chart"><figcaption>%s</figcaption><div class="scroll" tabindex="0"><svg viewBox="0 0 %d %d" role="img" aria-label="%[1]s">`,
		template.HTMLEscapeString(p.Title), width, height)
	for _, tick := range y.ticks(p.LogY) {
		at := y.place(tick)
		fmt.Fprintf(&b, `<line class="grid" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`,
			left, width-right, at, at, left-6, at+4, label(p.Y, tick))
	}
	ticks := p.XTicks
	if len(ticks) == 0 {
		ticks = x.ticks(false)
	}
	for _, tick := range ticks {
		if tick < x.low || tick > x.high {
			continue
		}
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%s</text>`, x.place(tick), height-8, label(p.X, tick))
	}
	for i, s := range p.Series {
		fmt.Fprintf(&b, `<polyline class="s%d" points="`, i)
		for _, point := range s.Points {
			fmt.Fprintf(&b, "%.1f,%.1f ", x.place(point.X), y.place(point.Y))
		}
		b.WriteString(`"/>`)
	}
	b.WriteString("</svg></div>")
	names := make([]string, len(p.Series))
	for i, s := range p.Series {
		names[i] = s.Name
	}
	b.WriteString(legend(names))
	b.WriteString("</figure>")
	return template.HTML(b.String()) //nolint:gosec // every text in it is escaped
}

func legend(names []string) string {
	var b strings.Builder
	b.WriteString(`<p class="legend">`)
	for i, name := range names {
		fmt.Fprintf(&b, `<span class="s%d">%s</span> `, i, template.HTMLEscapeString(name))
	}
	b.WriteString("</p>")
	return b.String()
}

func label(show func(float64) string, v float64) string {
	if show == nil {
		return fmt.Sprintf("%.4g", v)
	}
	return template.HTMLEscapeString(show(v))
}

// scale places values between two ends of an axis.
type scale struct {
	low, high float64 // values
	from, to  float64 // places
	log       bool
}

func (s scale) place(v float64) float64 {
	low, high := s.low, s.high
	if s.log {
		low, high, v = math.Log10(low), math.Log10(high), math.Log10(max(v, s.low))
	}
	return s.from + (s.to-s.from)*(v-low)/(high-low)
}

// ticks are values to label: powers of ten, or multiples of a round number.
func (s scale) ticks(powers bool) []float64 {
	var ticks []float64
	if powers {
		for v := s.low; v <= s.high*1.001; v *= 10 {
			ticks = append(ticks, v)
		}
		return ticks
	}
	step := roundStep(s.high - s.low)
	for i := math.Ceil(s.low / step); i*step <= s.high*1.001; i++ {
		ticks = append(ticks, i*step)
	}
	return ticks
}

// roundStep is 1, 2 or 5 times a power of ten, of which a span has 3 to 7.
func roundStep(span float64) float64 {
	step := math.Pow(10, math.Floor(math.Log10(span)))
	switch n := span / step; {
	case n < 1.5:
		return step / 5
	case n < 3:
		return step / 2
	case n < 7:
		return step
	}
	return step * 2
}

// scales span all points; the y axis begins at 0, or at a power of ten.
func (p Plot) scales() (x, y scale) {
	x = scale{low: math.Inf(1), high: math.Inf(-1), from: left, to: width - right}
	y = scale{from: height - bottom, to: top, log: p.LogY}
	least := math.Inf(1) // above 0
	for _, s := range p.Series {
		for _, point := range s.Points {
			x.low, x.high = min(x.low, point.X), max(x.high, point.X)
			y.high = max(y.high, point.Y)
			if point.Y > 0 {
				least = min(least, point.Y)
			}
		}
	}
	if x.low > x.high {
		x.low, x.high = 0, 1
	}
	if x.low == x.high {
		x.high++
	}
	if y.high == 0 {
		y.high, least = 1, 1
	}
	if !p.LogY {
		step := roundStep(y.high)
		y.high = math.Ceil(y.high/step) * step
	} else {
		y.low = math.Pow(10, math.Floor(math.Log10(least)))
		y.high = max(math.Pow(10, math.Ceil(math.Log10(y.high))), y.low*10)
	}
	return x, y
}
