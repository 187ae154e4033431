package report

import (
	"fmt"
	"html/template"

	"github.com/scrapehook/scrapehook/internal/page"
	"github.com/scrapehook/scrapehook/scenarios"
)

// phaseNotes say what the scenarios of a phase have in common.
var phaseNotes = map[scenarios.Phase]string{
	scenarios.Together: "they overlap with each other",
	scenarios.Delayed:  "downloads are delayed or broken",
	scenarios.Alone:    "each has the receiver to itself",
	scenarios.Kill:     "the receiver is killed and started again",
}

// marksOf are the kinds of evidence that are marked in the picture.
var marksOf = map[scenarios.Kind]page.Place{
	scenarios.OfRequest: page.Above,
	scenarios.OfAPI:     page.Below,
	scenarios.OfProcess: page.Across,
}

// phasesPicture draws every scenario that was played over the time of the run;
// empty if none was.
func phasesPicture(r scenarios.Report) template.HTML {
	rows := map[scenarios.Phase][]page.LaneRow{}
	for _, result := range r.Results {
		if result.Duration > 0 {
			rows[result.Phase] = append(rows[result.Phase], rowOf(result))
		}
	}
	var lanes []page.Lane
	for _, phase := range scenarios.Phases() {
		if len(rows[phase]) > 0 {
			note := phaseNotes[phase]
			if took := r.Phases[phase]; took > 0 {
				note += ", " + Took(took)
			}
			lanes = append(lanes, page.Lane{Name: phase.String(), Note: note, Rows: rows[phase]})
		}
	}
	if len(lanes) == 0 {
		return ""
	}
	return page.Lanes("When each requirement was tested", lanes)
}

func rowOf(result scenarios.Result) page.LaneRow {
	row := page.LaneRow{
		Name: result.ID, Href: template.URL("#" + result.ID), //nolint:gosec // an ID of the catalogue
		Class: "v-" + string(result.Verdict), Icon: "i-" + string(result.Verdict), Says: plainLabel(result.Verdict),
		From: result.Began, To: result.Began + result.Duration, Length: Took(result.Duration),
		Title: fmt.Sprintf("%s %s: %s\n%s, from %s to %s", result.ID, plainLabel(result.Verdict), result.Title,
			Took(result.Duration), since(result.Began), since(result.Began+result.Duration)),
	}
	if seen := countKinds(result.Evidence); seen != "" {
		row.Title += "\n" + seen
	}
	for _, e := range result.Evidence {
		if place, marked := marksOf[e.Kind]; marked {
			row.Marks = append(row.Marks, page.Mark{At: result.Began + e.At, Place: place})
		}
	}
	return row
}
