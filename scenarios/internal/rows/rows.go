// Package rows compares the rows that a job has with the rows that a receiver
// shows, the way a user would: columns may have other names and types, may be
// nested, left out and added. It knows nothing of jobs, probes and verdicts.
package rows

import (
	"encoding/json"
	"slices"
)

// Comparison is what two sets of rows have in common and where they differ.
// Rows are compared in the columns that could be matched, in any order.
type Comparison struct {
	// Columns are those of the wanted rows that the seen rows have too, in
	// alphabetical order. Without any, nothing could be compared.
	Columns []Column
	// NotStored are the columns of the wanted rows that no seen row has.
	NotStored []string
	// Missing are wanted rows that were not seen.
	Missing []Row
	// Extra are seen rows that were not wanted.
	Extra []Row
	// Doubled are wanted rows that were seen more often than they were wanted.
	Doubled []Repeated
	// Changed are wanted rows that were seen with other values.
	Changed []Change
}

// Column is a column of the wanted rows and where the seen rows have it.
type Column struct {
	Name string
	// Path is where it was seen: a field's name, or several with dots between
	// them where objects are nested.
	Path string
	// Other is where it was seen in rows that have nothing at Path; empty: nowhere.
	Other string
	// Form is how its values are stored.
	Form Form
	// Want and Got are an example of a value that is stored in another form, as
	// JSON; both are empty when the form is Text.
	Want, Got string

	codes map[string]string // wanted values to seen ones, when the form is Code
}

// Renamed reports whether the seen rows have the column under another name.
func (c Column) Renamed() bool { return c.Name != lastName(c.Path) }

// Row is one row, as JSON, with its position among its like, from 0.
type Row struct {
	Index int
	JSON  string
}

// Repeated is a wanted row that was seen Seen times, but wanted Wanted times.
type Repeated struct {
	Row
	Wanted, Seen int
}

// Change is a wanted row that was seen with other values in some columns.
type Change struct {
	Want, Got Row
	Fields    []FieldChange
}

// FieldChange is a value that differs: both are JSON, "absent" where there is
// no value.
type FieldChange struct{ Column, Want, Got string }

// Mapping is where the columns were found, for a later comparison of fewer rows,
// whose values may not be enough to find them.
func (c Comparison) Mapping() map[string]string {
	mapping := map[string]string{}
	for _, col := range c.Columns {
		if mapping[col.Name] = col.Path; col.Other != "" {
			mapping[col.Name] += elseAt + col.Other
		}
	}
	return mapping
}

// Equal reports whether every wanted row was seen as often as it was wanted,
// and nothing else, as far as columns could be compared.
func (c Comparison) Equal() bool {
	return len(c.Missing)+len(c.Extra)+len(c.Doubled)+len(c.Changed) == 0
}

// Comparable reports whether the rows have a column in common that tells more
// than the row's number.
func (c Comparison) Comparable() bool {
	return slices.ContainsFunc(c.Columns, func(c Column) bool { return c.Name != orderColumn })
}

// orderColumn numbers the rows of a download (contract, section 2a).
const orderColumn = "web-scraper-order"

// Compare compares rows that should be there with rows that are. Both are JSON
// objects; what is none counts as a row without columns. mapping says where the
// seen rows have a column (name to path, or to two paths with | between them); columns that it does not name, or that
// are not there, are found by their name, and else by their values.
func Compare(want [][]byte, got []json.RawMessage, mapping map[string]string) Comparison {
	wanted, seen := parse(want), parse(got)
	var c Comparison
	c.Columns, c.NotStored = match(wanted, seen, mapping)
	if len(c.Columns) == 0 {
		return c
	}
	c.findCodes(wanted, seen)
	c.pair(wanted, seen)
	return c
}

// pair matches equal rows, and then those that are nearly equal.
func (c *Comparison) pair(wanted, seen []row) {
	open := map[string][]int{} // wanted rows that are not matched yet, by key
	first, times := map[string]int{}, map[string]int{}
	for i, r := range wanted {
		key := c.key(r, wantSide)
		if times[key]++; times[key] == 1 {
			first[key] = i
		}
		open[key] = append(open[key], i)
	}
	var extra []int
	again := map[string]int{}
	for i, r := range seen {
		key := c.key(r, gotSide)
		switch left := open[key]; {
		case len(left) > 0:
			open[key] = left[1:]
		case times[key] > 0:
			again[key]++
		default:
			extra = append(extra, i)
		}
	}
	for key, n := range again {
		i := first[key]
		c.Doubled = append(c.Doubled, Repeated{wanted[i].shown(i), times[key], times[key] + n})
	}
	slices.SortFunc(c.Doubled, func(a, b Repeated) int { return a.Index - b.Index })
	var missing []int
	for _, left := range open {
		missing = append(missing, left...)
	}
	slices.Sort(missing)
	missing, extra = c.pairSimilar(wanted, seen, missing, extra)
	for _, i := range missing {
		c.Missing = append(c.Missing, wanted[i].shown(i))
	}
	for _, i := range extra {
		c.Extra = append(c.Extra, seen[i].shown(i))
	}
}

// pairsTried bounds the work of finding rows that are nearly equal.
const pairsTried = 200

// pairSimilar finds, for missing rows, the extra row that most probably is the
// same one with other values: it has the same number, or most of its values.
// It returns what is still missing and still too much.
func (c *Comparison) pairSimilar(wanted, seen []row, missing, extra []int) (stillMissing, stillExtra []int) {
	taken := map[int]bool{}
	for n, i := range missing {
		best, most := -1, 0
		if n < pairsTried {
			for _, j := range extra[:min(len(extra), pairsTried)] {
				if score := c.similar(wanted[i], seen[j]); !taken[j] && score > most {
					best, most = j, score
				}
			}
		}
		if best < 0 {
			stillMissing = append(stillMissing, i)
			continue
		}
		taken[best] = true
		c.Changed = append(c.Changed, Change{wanted[i].shown(i), seen[best].shown(best), c.changes(wanted[i], seen[best])})
	}
	for _, j := range extra {
		if !taken[j] {
			stillExtra = append(stillExtra, j)
		}
	}
	return stillMissing, stillExtra
}

// similar scores how probably two rows are the same one: 0 is not at all.
func (c *Comparison) similar(w, g row) int {
	equal, score := 0, 0
	for _, col := range c.Columns {
		if value := col.canonical(w.value(col.Name)); value != empty && value == col.canonical(g.value(col.Path)) {
			equal++
			if col.Name == orderColumn {
				score += 100
			}
		}
	}
	if score == 0 && 2*equal <= len(c.Columns) {
		return 0
	}
	return score + equal
}

func (c *Comparison) changes(w, g row) []FieldChange {
	var out []FieldChange
	for _, col := range c.Columns {
		want, got := w.value(col.Name), g.value(col.Path)
		if col.canonical(want) != col.canonical(got) {
			out = append(out, FieldChange{col.Name, want.shown(), got.shown()})
		}
	}
	return out
}

type side bool

const (
	wantSide side = false
	gotSide  side = true
)

// key is a row's values in the columns that are compared, in one form.
func (c *Comparison) key(r row, from side) string {
	var b []byte
	for _, col := range c.Columns {
		name := col.Name
		if from == gotSide {
			name = col.Path
		}
		b = append(b, col.canonical(r.value(name))...)
		b = append(b, 0)
	}
	return string(b)
}
