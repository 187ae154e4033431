// Package defects has one correct receiver with a switch for each of many
// defects, and the table of them: which requirements may catch each. It is
// written by somebody who did not read the suite's code, and checks it: each
// defect must be caught, and by nothing beside the point; the receiver without a
// defect, and in each of its variants, must conform.
package defects

import (
	_ "embed" // the tables
	"slices"
	"strings"
)

// Defect is one way to be wrong, or a variant that is right.
type Defect struct {
	Name string
	// By are the requirements that may rightly catch it; a beginning with *
	// stands for all that begin so. A variant has none.
	By []string
	// Missed says that the suite does not yet come to the right verdict.
	Missed bool
	What   string
	// Flags are those of conform beside the usual ones, for variants.
	Flags []string
}

//go:embed defects.tsv
var defectsTable string

//go:embed variants.tsv
var variantsTable string

// All returns the defects.
func All() []Defect {
	return lines(defectsTable, func(name, by, what string) Defect {
		return Defect{Name: name, By: strings.Fields(by), What: what}
	})
}

// Variants returns the receivers that are right; the first has no name.
func Variants() []Defect {
	all := []Defect{{What: "as it is"}}
	return append(all, lines(variantsTable, func(name, flags, what string) Defect {
		d := Defect{Name: name, What: what}
		if flags != "-" {
			d.Flags = strings.Split(flags, " | ")
		}
		return d
	})...)
}

// Known says whether a defect or a variant has this name.
func Known(name string) bool {
	same := func(d Defect) bool { return d.Name == name }
	return slices.ContainsFunc(All(), same) || slices.ContainsFunc(Variants(), same)
}

func lines(table string, entry func(name, middle, what string) Defect) (all []Defect) {
	for line := range strings.Lines(table) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		if len(fields) != 3 || strings.HasPrefix(line, "#") {
			continue
		}
		name, missed := strings.CutPrefix(fields[0], "!")
		d := entry(name, fields[1], fields[2])
		d.Missed = missed
		all = append(all, d)
	}
	return all
}
