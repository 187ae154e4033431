package rows

import "strconv"

// codesAtMost bounds the values of a column that is stored as codes.
const codesAtMost = 20

// findCodes looks for columns of a type whose values are none of the wanted ones,
// but stand for them one by one: what is a word in the download is a number or a
// boolean there. The other columns tell which row is which.
func (c *Comparison) findCodes(wanted, seen []row) {
	for i := range c.Columns {
		col := &c.Columns[i]
		kinds := kindsOf(seen, col.Path)
		if len(kinds) != 1 || kinds[0] != number && kinds[0] != boolean || 2*agreement(wanted, seen, *col) > stored(seen, col.Path) {
			continue
		}
		if codes := c.codesOf(wanted, seen, i); codes != nil {
			col.Form, col.codes = Code, codes
			col.Want, col.Got = example(wanted, seen, *col)
		}
	}
}

// codesOf pairs the rows by all columns but one, and returns what the values of
// that one are stored as; nil when they are not stored one for one.
func (c *Comparison) codesOf(wanted, seen []row, column int) map[string]string {
	col := c.Columns[column]
	others := Comparison{}
	for i, other := range c.Columns {
		if i != column && (other.Form == Text || 2*agreement(wanted, seen, other) > stored(seen, other.Path)) {
			others.Columns = append(others.Columns, other)
		}
	}
	byKey := map[string]row{}
	for _, r := range seen {
		byKey[others.key(r, gotSide)] = r
	}
	codes, taken := map[string]string{}, map[string]string{}
	for _, w := range wanted {
		g, ok := byKey[others.key(w, wantSide)]
		want, got := w.value(col.Name), g.value(col.Path)
		if !ok || want.isEmpty() || got.isEmpty() {
			continue
		}
		from, to := want.asText(), got.asText()
		if _, err := strconv.ParseFloat(from, 64); err == nil {
			return nil // a number that is another number is no code
		}
		if known, ok := codes[from]; ok && known != to || taken[to] != "" && taken[to] != from || len(codes) > codesAtMost {
			return nil
		}
		codes[from], taken[to] = to, from
	}
	if len(codes) == 0 {
		return nil
	}
	return codes
}
