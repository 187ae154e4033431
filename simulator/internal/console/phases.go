package console

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/human"
)

// phase is a stage of an attempt.
type phase struct {
	name string
	took time.Duration
}

// phasesOf takes an attempt apart by what it waited for. The last one goes to the
// attempt's end, wherever it hung.
func phasesOf(a delivery.Attempt) []phase {
	ends := []struct {
		name string
		at   time.Time
	}{
		{"connect", a.Connected}, {"send", a.Sent}, {"wait", a.FirstByte}, {"head", a.HeadEnded}, {"body", a.Ended},
	}
	var phases []phase
	from := a.Started
	for _, end := range ends {
		if end.at.IsZero() || end.name == "body" {
			phases = append(phases, phase{end.name, a.Ended.Sub(from)})
			break
		}
		if end.at.Before(from) { // an answer may begin before the request was sent in full
			end.at = from
		}
		phases = append(phases, phase{end.name, end.at.Sub(from)})
		from = end.at
	}
	return phases
}

// phasesSVG draws phases as one bar, with a legend that says the same in words.
func phasesSVG(phases []phase) template.HTML {
	total := time.Duration(1)
	for _, p := range phases {
		total += max(0, p.took)
	}
	var bar, legend strings.Builder
	at := 0.0
	for i, p := range phases {
		wide := 100 * float64(max(0, p.took)) / float64(total)
		fmt.Fprintf(&bar, `<rect class="p%d" x="%.2f%%" width="%.2f%%" height="14"/>`, i, at, wide)
		fmt.Fprintf(&legend, `<li class="p%d">%s <b>%s</b></li>`, i, p.name, human.Duration(p.took))
		at += wide
	}
	return template.HTML(`<div class="phases"><svg width="100%" height="14" aria-hidden="true">` + bar.String() + //nolint:gosec // names and figures of our own
		`</svg><ul aria-label="Time by phases">` + legend.String() + `</ul></div>`)
}
