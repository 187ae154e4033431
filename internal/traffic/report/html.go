package report

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/internal/page"
)

//go:embed page.tmpl
var bodyText string

//go:embed page.css
var style string

var body = template.Must(template.New("report").Parse(bodyText))

// WriteHTML writes the report as one page that needs nothing else: what the run
// means, its figures, how its sends ended, and charts over time.
func (r *Report) WriteHTML(w io.Writer) error {
	var text, content strings.Builder
	if err := r.WriteText(&text); err != nil {
		return err
	}
	v := r.verdict()
	charts := []template.HTML{r.rateChart()}
	if r.Latency.Planned.Count() > 0 {
		charts = []template.HTML{r.latencyChart(), r.percentileChart(), r.rateChart()}
	}
	err := body.Execute(&content, struct {
		verdict
		URL, Started, Text string
		Tiles              []tile
		SLO                []Judged
		Outcomes, Codes    []outcomeBar
		Charts             []template.HTML
	}{
		v, r.URL, r.Started.Format(time.RFC1123), text.String(), r.tiles(), r.SLO, r.outcomeBars(), r.codeBars(),
		charts,
	})
	if err != nil {
		return fmt.Errorf("writing the traffic report: %w", err)
	}
	return page.Write(w, page.Document{
		Title: v.Headline + ": " + r.URL, Kind: "traffic report", Color: faces[v.Face], Style: template.CSS(style), //nolint:gosec // written by us
		Body: template.HTML(content.String()), //nolint:gosec // made by a template that escapes
	})
}

func inSeconds(v float64) string { return human.Duration(time.Duration(v * float64(time.Second))) }

// series is one line over the timeline; value leaves a slot out with false.
func (r *Report) series(name string, value func(*Slot) (float64, bool)) page.Series {
	s := page.Series{Name: name}
	for i, slot := range r.Timeline.Slots {
		if v, ok := value(slot); ok {
			s.Points = append(s.Points, page.Point{X: float64(i * r.Timeline.WidthS), Y: v})
		}
	}
	return s
}

func (r *Report) latencyChart() template.HTML {
	quantile := func(q float64) func(*Slot) (float64, bool) {
		return func(s *Slot) (float64, bool) { return s.Latency.Quantile(q).Seconds(), s.Latency.Count() > 0 }
	}
	return page.Plot{
		Title: "Latency from the planned moment, over time", X: inSeconds, Y: inSeconds, LogY: true,
		Series: []page.Series{r.series("p50", quantile(0.5)), r.series("p99", quantile(0.99)), r.series("max", quantile(1))},
	}.SVG()
}

// percentileChart has x as the number of nines, so that the tail is to be seen.
func (r *Report) percentileChart() template.HTML {
	nines := func(q float64) float64 { return -math.Log10(1 - q) }
	line := func(name string, h *Histogram) page.Series {
		s := page.Series{Name: name}
		if h.Count() == 0 {
			return s
		}
		// As far as there are values to tell the quantiles apart.
		for x := 0.0; x <= math.Log10(float64(h.Count())); x += 0.05 {
			s.Points = append(s.Points, page.Point{X: x, Y: h.Quantile(1 - math.Pow(10, -x)).Seconds()})
		}
		return s
	}
	return page.Plot{
		Title: "Latency by percentile", Y: inSeconds, LogY: true,
		X:      func(x float64) string { return "p" + strconv.FormatFloat(100*(1-math.Pow(10, -x)), 'g', 7, 64) },
		XTicks: []float64{nines(0), nines(0.5), nines(0.9), nines(0.99), nines(0.999), nines(0.9999), nines(0.99999)},
		Series: []page.Series{line("from the planned moment", r.Latency.Planned), line("from the sent moment", r.Latency.Sent)},
	}.SVG()
}

func (r *Report) rateChart() template.HTML {
	rate := func(count func(*Slot) int64) func(*Slot) (float64, bool) {
		return func(s *Slot) (float64, bool) {
			return float64(count(s)) / float64(cmp.Or(r.Timeline.WidthS, 1)), true
		}
	}
	return page.Plot{
		Title: "Sends a second, by their planned moment", X: inSeconds,
		Series: []page.Series{
			r.series("sent", rate(func(s *Slot) int64 { return s.Sent })),
			r.series("failed", rate(func(s *Slot) int64 { return s.Failed })),
			r.series("acked", rate(func(s *Slot) int64 { return s.Acked })),
		},
	}.SVG()
}
