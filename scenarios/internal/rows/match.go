package rows

import (
	"maps"
	"slices"
	"strings"
)

// match finds, for each column of the wanted rows, where the seen rows have it
// and in which form: where mapping says, by its name, by its name without
// punctuation and case, and at last by its values.
func match(wanted, seen []row, mapping map[string]string) (matched []Column, notStored []string) {
	columns, paths := namesOf(wanted), namesOf(seen)
	free := map[string]bool{}
	for _, p := range paths {
		free[p] = true
	}
	found := map[string]string{}
	take := func(name, path string) {
		found[name] = path
		delete(free, path)
	}
	others := map[string]string{}
	for _, name := range columns {
		for path := range strings.SplitSeq(mapping[name], elseAt) {
			switch {
			case !free[path]:
			case found[name] == "":
				take(name, path)
			default:
				fill(seen, found[name], path)
				delete(free, path)
				others[name] = path
			}
		}
	}
	for _, named := range []func(name, path string) bool{
		func(name, path string) bool { return name == path },
		func(name, path string) bool { return name == lastName(path) },
		func(name, path string) bool { return plain(name) == plain(lastName(path)) },
	} {
		for _, name := range columns {
			for _, path := range paths {
				if found[name] == "" && free[path] && named(name, path) {
					take(name, path)
				}
			}
		}
	}
	for _, name := range columns {
		if path := byValues(wanted, seen, name, free); found[name] == "" && path != "" {
			take(name, path)
		}
	}
	for _, name := range columns {
		if path := found[name]; path != "" {
			if other := elsewhere(wanted, seen, name, path, free); other != "" {
				fill(seen, path, other)
				delete(free, other)
				others[name] = other
			}
		}
	}
	for _, name := range columns {
		if found[name] == "" {
			notStored = append(notStored, name)
			continue
		}
		c := newColumn(wanted, seen, name, found[name])
		c.Other = others[name]
		matched = append(matched, c)
	}
	return matched, notStored
}

// elsewhere is the free path that has the values of a column in rows that have
// none at its own path: a typed column, for example, beside which the values that
// do not fit its type are kept as they are.
func elsewhere(wanted, seen []row, name, path string, free map[string]bool) string {
	var without []row
	for _, r := range seen {
		if r.value(path).isEmpty() {
			without = append(without, r)
		}
	}
	missing := 0
	for _, r := range wanted {
		if r.value(name).isEmpty() {
			missing++
		}
	}
	if len(without) <= missing*len(seen)/max(1, len(wanted)) {
		return ""
	}
	for _, other := range slices.Sorted(maps.Keys(free)) {
		if plain(lastName(other)) == plain(name) {
			return other
		}
	}
	return byValues(wanted, without, name, free)
}

// elseAt stands in a mapping between the path of a column and the one that has its
// values where that one has none.
const elseAt = "|"

// fill takes the values at another path where there are none at a path.
func fill(seen []row, path, other string) {
	for _, r := range seen {
		if r.value(path).isEmpty() {
			r.values[path] = r.value(other)
		}
	}
}

// namesOf are the paths at which any of the rows has a value.
func namesOf(rows []row) []string {
	all := map[string]bool{}
	for _, r := range rows {
		for path := range r.values {
			if path != "" {
				all[path] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// sampled bounds how many rows are looked at to find a column by its values.
const sampled = 500

// byValues is the free path whose values are those of the column, if there is
// one: nearly all of them, and more than one, so that it is no coincidence.
func byValues(wanted, seen []row, name string, free map[string]bool) string {
	if len(free) == 0 {
		return ""
	}
	values := map[string]bool{}
	for _, r := range wanted {
		if v := r.value(name); !v.isEmpty() {
			values[v.asText()] = true
			for _, f := range []Form{Number, Date} {
				if s, ok := f.read(v); ok {
					values[string(f)+s] = true
				}
			}
		}
	}
	best, most := "", 0
	for _, path := range slices.Sorted(maps.Keys(free)) {
		hits, misses, distinct := 0, 0, map[string]bool{}
		for _, r := range seen[:min(len(seen), sampled)] {
			v := r.value(path)
			if v.isEmpty() {
				continue
			}
			if known(values, v) {
				hits++
				distinct[v.asText()] = true
			} else {
				misses++
			}
		}
		enough := len(distinct) > 1 || len(seen) == 1 && hits == 1 && len(values) <= 3
		if enough && hits > 4*misses && hits > most {
			best, most = path, hits
		}
	}
	return best
}

func known(values map[string]bool, v value) bool {
	if values[v.asText()] {
		return true
	}
	for _, f := range []Form{Number, Date} {
		if s, ok := f.read(v); ok && values[string(f)+s] {
			return true
		}
	}
	return false
}

// newColumn finds the form of a column. It is Text unless the column is another
// type throughout: then every value that was seen is read in that form.
func newColumn(wanted, seen []row, name, path string) Column {
	c := Column{Name: name, Path: path, Form: Text}
	forms := []Form{Text}
	switch kinds := kindsOf(seen, path); {
	case len(kinds) != 1: // nothing, or a mixture: not a typed column
	case kinds[0] == number:
		forms = []Form{Number, Boolean}
	case kinds[0] == boolean:
		forms = []Form{Boolean}
	case kinds[0] == text:
		forms = []Form{Text, Number, Date, Boolean}
	}
	// The first form in which most rows agree.
	most := -1
	for _, f := range forms {
		if f != Text && !fits(seen, path, f) {
			continue
		}
		n := agreement(wanted, seen, Column{Name: name, Path: path, Form: f})
		if n > most {
			c.Form, most = f, n
		}
		if n == stored(seen, path) {
			break
		}
	}
	if c.Form != Text {
		c.Want, c.Got = example(wanted, seen, c)
	}
	return c
}

// fits reports whether every value at a path is one that a column of that type
// would show. One that isn't shows that the column is not typed, so a changed value
// is a change: of a text with a number in it, all is compared.
func fits(seen []row, path string, f Form) bool {
	return !slices.ContainsFunc(seen, func(r row) bool {
		v := r.value(path)
		_, ok := f.read(v)
		return !v.isEmpty() && (!ok || f == Number && !bareNumber(v))
	})
}

// kindsOf are the kinds of the values at a path, apart from empty ones.
func kindsOf(seen []row, path string) []kind {
	var kinds []kind
	for _, r := range seen {
		if v := r.value(path); !v.isEmpty() && !slices.Contains(kinds, v.kind) {
			kinds = append(kinds, v.kind)
		}
	}
	return kinds
}

// stored counts the rows that have a value at a path.
func stored(seen []row, path string) (n int) {
	for _, r := range seen {
		if !r.value(path).isEmpty() {
			n++
		}
	}
	return n
}

// agreement counts the seen values that are wanted ones in the column's form. Empty
// ones say nothing of it.
func agreement(wanted, seen []row, c Column) int {
	values := map[string]int{}
	for _, r := range wanted {
		values[c.canonical(r.value(c.Name))]++
	}
	agreed := 0
	for _, r := range seen {
		if s := c.canonical(r.value(c.Path)); s != empty && values[s] > 0 {
			values[s]--
			agreed++
		}
	}
	return agreed
}

// example is a value in both forms: the first whose meaning is in both.
func example(wanted, seen []row, c Column) (want, got string) {
	values := map[string]value{}
	for _, r := range seen {
		if v := r.value(c.Path); !v.isEmpty() {
			values[c.canonical(v)] = v
		}
	}
	for _, r := range wanted {
		v := r.value(c.Name)
		if other, ok := values[c.canonical(v)]; ok && v.shown() != other.shown() {
			return v.shown(), other.shown()
		}
	}
	return "", ""
}
