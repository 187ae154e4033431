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
	// Fails says that a warning is not enough: it breaks a MUST, or loses or
	// doubles data.
	Fails bool
	// By are the requirements that may rightly catch it; a beginning with *
	// stands for all that begin so. A variant has none.
	By []string
	// Missed says that the suite is not right about it yet.
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
	return lines(defectsTable, 4, func(fields []string) Defect {
		return Defect{Name: fields[0], Fails: fields[1] == "fail", By: strings.Fields(fields[2]), What: fields[3]}
	})
}

// Variants returns the receivers that are right; the first has no name.
func Variants() []Defect {
	all := []Defect{{What: "as it is"}}
	return append(all, lines(variantsTable, 3, func(fields []string) Defect {
		d := Defect{Name: fields[0], What: fields[2]}
		if fields[1] != "-" {
			d.Flags = strings.Split(fields[1], " | ")
		}
		return d
	})...)
}

// Known says whether a defect or a variant has this name.
func Known(name string) bool {
	same := func(d Defect) bool { return d.Name == name }
	return slices.ContainsFunc(All(), same) || slices.ContainsFunc(Variants(), same)
}

// lines makes an entry of each line of a table that is not a comment.
func lines(table string, columns int, entry func(fields []string) Defect) (all []Defect) {
	for line := range strings.Lines(table) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		if len(fields) != columns || strings.HasPrefix(line, "#") {
			continue
		}
		var missed bool
		fields[0], missed = strings.CutPrefix(fields[0], "!")
		d := entry(fields)
		d.Missed = missed
		all = append(all, d)
	}
	return all
}
