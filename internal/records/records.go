// Package records makes the rows that a job of a sitemap gives, and writes rows
// as the vendor's downloads do. A generated row is a pure function of the seed,
// the job, the row's index and the start page that it is from: nothing is stored,
// and any row is made as cheaply as the first. Rows of a user's own are read from
// a [File]. The package knows no jobs and speaks no HTTP.
package records

import (
	"strconv"

	"github.com/scrapehook/scrapehook/internal/draw"
	"github.com/scrapehook/scrapehook/internal/sitemaps"
)

// The columns that every record begins with (contract, section 2a).
const (
	OrderColumn    = "web-scraper-order"
	StartURLColumn = "web-scraper-start-url"
)

// Layout is what the records of a sitemap look like. It never changes.
type Layout struct {
	// Selectors are what it was made of.
	Selectors []sitemaps.Selector

	columns []column
	header  []string
	keys    [][]byte // of each column, as JSON up to its value
	slots   []slot
	raw     bool // JSON has characters beyond ASCII as they are
}

// column is one column of the data.
type column struct {
	name   string
	kind   sitemaps.Kind
	fill   filler
	key    keyer  // in fill's place; nil: the column is not a key
	source uint64 // tells its draws from those of other selectors
	salt   uint64 // tells the draws of one selector's columns apart
	bound  uint64 // below it a draw means missing
}

// NewLayout makes the layout of a sitemap's selectors.
func NewLayout(selectors []sitemaps.Selector, o Options) (*Layout, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	l := &Layout{Selectors: selectors, header: []string{OrderColumn, StartURLColumn}, raw: o.RawUnicode}
	columns := sitemaps.Columns(selectors, o.Extension)
	l.slots = newPlan(selectors, columns).slots
	keys := keysOf(columns, selectors, l.slots)
	certain := map[uint64]bool{} // sources of keys: a link's text is there as its address is
	for i, c := range columns {
		if keys[i] != nil {
			certain[sourceOf(c, &selectors[c.Selector])] = true
		}
	}
	for i, c := range columns {
		s := &selectors[c.Selector]
		l.columns = append(l.columns, newColumn(c, s, &o, certain[sourceOf(c, s)]))
		l.columns[i].key = keys[i]
		l.header = append(l.header, c.Name)
	}
	for _, name := range l.header {
		key := appendJSON([]byte(`,`), []byte(name), l.raw)
		l.keys = append(l.keys, append(key, ':'))
	}
	l.keys[0][0] = '{'
	return l, nil
}

func newColumn(c sitemaps.Column, s *sitemaps.Selector, o *Options, certain bool) column {
	return column{
		name: c.Name, kind: c.Kind, fill: fillerFor(c, s, o),
		source: sourceOf(c, s), salt: hash(c.Name), bound: bound(o.share(c, s, certain)),
	}
}

// sourceOf is the selector's, whose columns are missing together. The cells of a
// table's row are missing one by one.
func sourceOf(c sitemaps.Column, s *sitemaps.Selector) uint64 {
	if s.Type == sitemaps.Table || s.Type == sitemaps.ScriptData {
		return hash(c.Name)
	}
	return hash(s.ID)
}

// bound turns a share into what a draw of 64 bits is compared with.
func bound(share float64) uint64 {
	if share >= 1 {
		return 1<<64 - 1
	}
	return uint64(share * (1 << 63) * 2)
}

// hash is FNV-1a, whose low bits alone are not well mixed.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range []byte(s) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return draw.Mix(h)
}

// Header is the names of all columns, those of the scraper first.
func (l *Layout) Header() []string { return l.header }

// Block is how many rows belong together: they have the same parents and should
// come from the same page.
func (l *Layout) Block() int { return len(l.slots) }

// Job says which job's rows to make.
type Job struct {
	Seed uint64
	ID   int64
}

func (j Job) base() uint64 { return draw.Mix(draw.Mix(j.Seed) + uint64(j.ID)) } //nolint:gosec // bits, not a number

// orderPrefix is the number of ten digits that the order of a job's rows begins
// with. At the vendor's it is the unix time; here it follows from the job, so that
// the same seed makes the same bytes.
func (j Job) orderPrefix() int64 {
	return 1_500_000_000 + int64(draw.Mix(j.base())%250_000_000)
}

// Maker makes rows of one job. It is for one goroutine.
type Maker struct {
	layout *Layout
	base   uint64
	keys   uint64 // the number of the first row's keys
	prefix []byte
	row    Row
	source draw.Source
	levels []uint64
}

// NewMaker returns a maker of the job's rows.
func (l *Layout) NewMaker(j Job) *Maker {
	return &Maker{
		layout: l, base: j.base(), keys: j.firstKey(),
		prefix: append(strconv.AppendInt(nil, j.orderPrefix(), 10), '-'),
	}
}

// Row makes row index, from 0, which is from the page-th start page. number is
// the row's own in web-scraper-order, see [Number]. The row is valid until the
// next one is made.
func (m *Maker) Row(index int, number int64, page int, url []byte) *Row {
	r := &m.row
	r.text, r.cells = r.text[:0], r.cells[:0]
	r.text = strconv.AppendInt(append(r.text, m.prefix...), number, 10)
	r.end(true)
	r.text = append(r.text, url...)
	r.end(true)
	slot := m.place(index, page)
	for i := range m.layout.columns {
		c := &m.layout.columns[i]
		v, ok := m.value(c, slot.level[i])
		switch {
		case !ok:
		case c.key != nil:
			r.text = c.key(r.text, m.keys+uint64(index)) //nolint:gosec // never negative
		default:
			m.source.State = v + c.salt
			r.text = c.fill(r.text, &m.source)
		}
		r.end(ok)
	}
	return r
}

// Filled adds to counts[i], for each column of the data, whether row index has a
// value there. It is faster than to make the row.
func (m *Maker) Filled(index, page int, counts []int) {
	slot := m.place(index, page)
	for i := range m.layout.columns {
		if _, ok := m.value(&m.layout.columns[i], slot.level[i]); ok {
			counts[i]++
		}
	}
}

// place finds the slot of a row and draws a number for each of its levels.
func (m *Maker) place(index, page int) *slot {
	slots := m.layout.slots
	group, at := index/len(slots), index%len(slots)
	s := &slots[at]
	ofPage := draw.Mix(m.base + uint64(page)<<32)    //nolint:gosec // bits, not a number
	ofGroup := draw.Mix(ofPage + uint64(group) + 1)  //nolint:gosec // bits, not a number
	m.levels = append(m.levels[:0], ofPage, ofGroup) // pageLevel, groupLevel
	for _, salt := range s.salts {
		m.levels = append(m.levels, draw.Mix(ofGroup+salt))
	}
	return s
}

// value draws a column's value on one level of the row.
func (m *Maker) value(c *column, level int16) (v uint64, ok bool) {
	if level < 0 {
		return 0, false
	}
	v = draw.Mix(m.levels[level] ^ c.source)
	return v, v >= c.bound
}

// Row is one record. A cell that is not there is a missing value, null in JSON.
type Row struct {
	text  []byte
	cells []cell
}

type cell struct {
	end   int
	there bool
}

func (r *Row) end(there bool) { r.cells = append(r.cells, cell{len(r.text), there}) }

// Len is how many cells the row has.
func (r *Row) Len() int { return len(r.cells) }

// Cell is the i-th value, in the order of [Layout.Header]; false: it is missing.
func (r *Row) Cell(i int) (text []byte, ok bool) {
	from := 0
	if i > 0 {
		from = r.cells[i-1].end
	}
	return r.text[from:r.cells[i].end], r.cells[i].there
}

// Number is the number in web-scraper-order of row index of the rows from first
// up to, not including, last. It is a permutation of these rows, so that they do
// not come sorted; at the vendor's neither do they.
func Number(index, first, last int) int64 {
	const most = 64
	block := first + (index-first)/most*most
	size := min(last-block, most)
	step := 1
	for _, prime := range [...]int{23, 29, 37} { // no size is a multiple of all three
		if size%prime != 0 {
			step = prime
			break
		}
	}
	return int64(block + ((index-block)*step+(size+1)/2)%size + 1)
}
