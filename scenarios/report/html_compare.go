package report

import (
	"fmt"

	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/scenarios"
)

// comparedView is what changed since an earlier run.
type comparedView struct {
	When, Whole, Same string
	Kinds             []kindView
	Differ            []Difference
}

type kindView struct {
	Title   string
	Changes []changeView
	// Folded is set where there are many, which are mostly another filter's doing.
	Folded bool
}

// manyChanges are as many as fill a screen.
const manyChanges = 10

type changeView struct {
	Change
	// Played is set when the requirement is on this page.
	Played bool
	// Verdict is the one by which the change is coloured.
	Verdict scenarios.Verdict
	Words   string
}

func comparedOf(c *Comparison) *comparedView {
	if c == nil {
		return nil
	}
	v := comparedView{
		When: dateText(c.Began), Whole: fmt.Sprintf("%s before, %s now", c.Before, c.After),
		Same: human.Count(c.Same, "requirement is", "requirements are") + " as before.",
	}
	if c.Before == c.After {
		v.Whole = fmt.Sprintf("%s, as before", c.After)
	}
	for _, kind := range ChangeKinds() {
		view := kindView{Title: kindTitle(kind)}
		for _, change := range c.Of(kind) {
			verdict := change.After
			if verdict == "" {
				verdict = change.Before
			}
			view.Changes = append(view.Changes, changeView{change, change.After != "", verdict, inWords(change)})
		}
		view.Folded = (kind == Added || kind == Gone) && len(view.Changes) > manyChanges
		if len(view.Changes) > 0 {
			v.Kinds = append(v.Kinds, view)
		}
	}
	for _, d := range c.Circumstances {
		v.Differ = append(v.Differ, Difference{d.What, orNone(d.Before), orNone(d.After)})
	}
	return &v
}

// inWords are the verdicts before and after.
func inWords(c Change) string {
	switch {
	case c.Before == "":
		return plainLabel(c.After)
	case c.After == "":
		return "was " + plainLabel(c.Before)
	}
	return plainLabel(c.Before) + " → " + plainLabel(c.After)
}
