package records

import (
	"github.com/scrapehook/scrapehook/internal/draw"
	"github.com/scrapehook/scrapehook/internal/sitemaps"
)

// The levels that every row has. A value belongs to a level: rows that share the
// level's thing share the value.
const (
	pageLevel  = 0 // the start page
	groupLevel = 1 // the rows of one block
	ownLevels  = 2 // from here on a level for each parent on the row's way
)

// slot is one place in a block of rows. Blocks repeat: row i is of slot i modulo
// their number.
type slot struct {
	// salts tell the things of the levels from ownLevels on apart; slots with the
	// same salt are of the same parent.
	salts []uint64
	// level of each column, or -1 where rows of the slot have no such value.
	level []int16
}

// Bounds of a plan, for sitemaps that nobody writes by hand.
const (
	mostSlots  = 256
	goodSlots  = 64 // more than that, and parents have fewer children
	mostVisits = 1024
)

// plan is how a sitemap's records come about, as in the extension's extractor:
// a selector that takes many elements makes a record of each, side by side they
// make records of their own, and what is found once on the way down is repeated
// in all of them. A link that others hang on leads to another page, whose records
// repeat the link.
type plan struct {
	selectors []sitemaps.Selector
	children  map[string][]int
	columnsOf [][]int // of each selector: indexes of its columns
	columns   int
	fans      [3]int // how many children a parent has on the first, second, and every deeper level

	slots  []slot
	visits int
	onWay  []bool // selectors that are being visited
}

func newPlan(selectors []sitemaps.Selector, columns []sitemaps.Column) *plan {
	p := &plan{
		selectors: selectors, children: map[string][]int{}, columns: len(columns),
		columnsOf: make([][]int, len(selectors)), onWay: make([]bool, len(selectors)),
	}
	for i, s := range selectors {
		for _, parent := range s.Parents {
			p.children[parent] = append(p.children[parent], i)
		}
	}
	for i, c := range columns {
		p.columnsOf[c.Selector] = append(p.columnsOf[c.Selector], i)
	}
	for _, p.fans = range [][3]int{{1, 3, 2}, {1, 2, 1}, {1, 1, 1}} {
		p.slots, p.visits = nil, 0
		p.walk(sitemaps.Root, newWay(p.columns), pageLevel, 0)
		if len(p.slots) <= goodSlots {
			break
		}
	}
	return p
}

// way is how far a record has come from the start page.
type way struct {
	salts []uint64
	level []int16
}

func newWay(columns int) way {
	w := way{level: make([]int16, columns)}
	for i := range w.level {
		w.level[i] = -1
	}
	return w
}

// below is the way one level further down, to the thing of that salt.
func (w way) below(salt uint64) way {
	next := way{level: append([]int16(nil), w.level...)}
	last := salt
	if n := len(w.salts); n > 0 {
		last += draw.Mix(w.salts[n-1])
	}
	next.salts = append(append(next.salts, w.salts...), draw.Mix(last))
	return next
}

// put gives a selector's columns the level, where they have none yet.
func (p *plan) put(w way, selector int, level int16) {
	for _, c := range p.columnsOf[selector] {
		if w.level[c] < 0 {
			w.level[c] = level
		}
	}
}

// found are the selectors below a parent on one page.
type found struct{ once, many []int }

// walk adds the slots of everything below parent. Values that are found once
// belong to level.
func (p *plan) walk(parent string, w way, level int16, depth int) {
	if p.visits++; p.visits > mostVisits || len(p.slots) >= mostSlots {
		return
	}
	var below found
	p.gather(parent, w, map[int]bool{}, &below)
	if len(below.many) == 0 && level == pageLevel {
		level = groupLevel // nothing tells the rows of a page apart: each is one thing
	}
	for _, i := range below.once {
		p.put(w, i, level)
	}
	before := len(p.slots)
	for _, i := range below.many {
		if p.onWay[i] {
			continue
		}
		p.onWay[i] = true
		for n := range p.fan(depth, i) {
			next := w.below(uint64(i)<<16 + uint64(n) + 1) //nolint:gosec // bits, not a number
			own := int16(ownLevels + len(next.salts) - 1)  //nolint:gosec // bounded by mostVisits
			p.put(next, i, own)
			if p.leads(i) {
				p.walk(p.selectors[i].ID, next, own, depth+1)
			} else if len(p.slots) < mostSlots {
				p.slots = append(p.slots, slot(next))
			}
		}
		p.onWay[i] = false
	}
	if len(p.slots) == before && len(p.slots) < mostSlots {
		p.slots = append(p.slots, slot(w))
	}
}

// fan is how many things selector i finds below one parent.
func (p *plan) fan(depth, i int) int {
	if s := &p.selectors[i]; !s.Multiple {
		return 1
	}
	return p.fans[min(depth, len(p.fans)-1)]
}

// gather sorts the selectors below parent by how many things they find. It looks
// through those that lead to others on the same page without making records, and
// through pagination, whose pages are like the first.
func (p *plan) gather(parent string, w way, seen map[int]bool, into *found) {
	for _, i := range p.children[parent] {
		if seen[i] {
			continue
		}
		seen[i] = true
		s := &p.selectors[i]
		switch {
		case s.Type == sitemaps.Pagination:
			p.put(w, i, groupLevel)
			p.gather(s.ID, w, seen, into)
		case sitemaps.IsElement(s.Type) && (!s.Multiple || len(p.children[s.ID]) == 0):
			p.gather(s.ID, w, seen, into)
		case s.Type == sitemaps.Group || !s.Multiple && !p.leads(i):
			into.once = append(into.once, i)
		default:
			into.many = append(into.many, i)
		}
	}
}

// leads reports whether a selector has others below it whose records repeat it.
func (p *plan) leads(i int) bool {
	s := &p.selectors[i]
	switch s.Type {
	case sitemaps.Link, sitemaps.PopupLink, sitemaps.SitemapXMLLink, sitemaps.ScriptData:
	default:
		if !sitemaps.IsElement(s.Type) {
			return false
		}
	}
	for _, child := range p.children[s.ID] {
		if child != i && !p.onWay[child] {
			return true
		}
	}
	return false
}
