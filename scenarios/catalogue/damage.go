package catalogue

import (
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/judge"
)

// damage says of the findings of a judge whether the job has fewer or more rows
// than it should: where every acknowledged job must have its rows, they are lost
// or doubled.
func damage(of judge.Judge) judge.Judge {
	return func(o scenarios.Observation) []scenarios.Finding {
		var all []scenarios.Finding
		for _, e := range o.Effects {
			var kind scenarios.Damage
			for _, r := range e.Readings {
				switch {
				case r.Rows < len(e.Want):
					kind = scenarios.Lost
				case r.Rows > len(e.Want):
					kind = scenarios.Doubled
				}
			}
			found := of(scenarios.Observation{Effects: []scenarios.Effect{e}})
			for i := range found {
				if found[i].Damage == "" && found[i].Verdict == scenarios.Fail {
					found[i].Damage = kind
				}
			}
			all = append(all, found...)
		}
		return all
	}
}
