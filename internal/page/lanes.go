package page

import (
	_ "embed"
	"fmt"
	"html/template"
	"math"
	"strings"
	"time"
)

// Lane is a group of rows of a picture over time.
type Lane struct {
	Name string
	// Note is a few words more.
	Note string
	Rows []LaneRow
}

// LaneRow is one thing that lasted, with moments in it.
type LaneRow struct {
	Name string
	// Href is where a click leads to.
	Href template.URL
	// Class is the style's class of the bar, Icon the id of a symbol on the page
	// that tells the same without colour, and Says both in words.
	Class, Icon, Says string
	// Title is shown when the row is pointed at.
	Title    string
	From, To time.Duration
	// Length is how long it lasted, as it is shown.
	Length string
	Marks  []Mark
}

// Mark is a moment.
type Mark struct {
	At    time.Duration
	Place Place
}

// Place is where a mark is drawn, which tells the kinds of marks apart.
type Place int

// The places of marks.
const (
	Above  Place = iota // of the bar
	Below               // the bar
	Across              // the whole row
)

// marksDrawn bounds the marks of a row; a place has one a thousandth of the
// width, so more of them could hardly be told apart.
const marksDrawn = 200

//go:embed lanes.tmpl
var lanesText string

var lanesTemplate = template.Must(template.New("lanes").Parse(lanesText))

// What the template needs beside the rows. Places along the axis are in
// percent, so that rows grow with the page while their text doesn't.
type (
	laneView struct {
		Lane
		Rows []rowView
	}
	rowView struct {
		LaneRow
		At, Wide string
		Drawn    []markView
	}
	markView struct {
		At       string
		From, To int
	}
	tickView struct{ At, Anchor, Text string }
)

// Lanes draws rows over one axis of time, which goes from 0 to the end of the
// last row.
func Lanes(title string, lanes []Lane) template.HTML {
	end := time.Millisecond
	for _, lane := range lanes {
		for _, row := range lane.Rows {
			end = max(end, row.To)
		}
	}
	var views []laneView
	for _, lane := range lanes {
		view := laneView{Lane: lane}
		for _, row := range lane.Rows {
			view.Rows = append(view.Rows, row.view(end))
		}
		views = append(views, view)
	}
	var b strings.Builder
	err := lanesTemplate.Execute(&b, struct {
		Title string
		Ticks []tickView
		Lanes []laneView
	}{title, timeTicks(end), views})
	if err != nil {
		panic(err) // the template is ours, and a builder takes all
	}
	return template.HTML(b.String()) //nolint:gosec // made by a template that escapes
}

// percent is a place on an axis that goes to end, with a digit after the point:
// a thousandth of the width.
func percent(at, end time.Duration) string {
	share := 100 * at.Seconds() / end.Seconds()
	return fmt.Sprintf("%.1f", min(max(share, 0), 100))
}

func (r LaneRow) view(end time.Duration) rowView {
	// A bar that lasted next to nothing is still to be seen.
	wide := max(r.To-r.From, end/250)
	v := rowView{LaneRow: r, At: percent(min(r.From, end-wide), end), Wide: percent(wide, end)}
	drawn := map[markView]bool{}
	for _, m := range r.Marks {
		mark := markView{At: percent(m.At, end)}
		mark.From, mark.To = m.Place.span()
		if !drawn[mark] && len(v.Drawn) < marksDrawn {
			drawn[mark] = true
			v.Drawn = append(v.Drawn, mark)
		}
	}
	return v
}

// span is where in a row, of 18 units, a mark begins and ends.
func (p Place) span() (from, to int) {
	switch p {
	case Above:
		return 0, 5
	case Below:
		return 13, 18
	case Across:
	}
	return 0, 18
}

// timeTicks labels an axis of time. The last label would not have room where it
// is close to the end.
func timeTicks(end time.Duration) []tickView {
	axis := scale{high: end.Seconds()}
	var ticks []tickView
	for i, at := range axis.ticks(false) {
		if at > end.Seconds() {
			break
		}
		tick := tickView{At: percent(time.Duration(at*float64(time.Second)), end), Anchor: "middle", Text: secondsText(at)}
		switch {
		case i == 0:
			tick.Anchor = "start"
		case at > 0.96*end.Seconds():
			tick.Anchor = "end"
		}
		ticks = append(ticks, tick)
	}
	return ticks
}

// secondsText writes a round number of seconds.
func secondsText(s float64) string {
	if s > 0 && s < 1 {
		return fmt.Sprintf("%g ms", math.Round(s*1e6)/1e3)
	}
	return fmt.Sprintf("%g s", math.Round(s*1e3)/1e3)
}
