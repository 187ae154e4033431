package cloud

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"

	"github.com/scrapehook/scrapehook/internal/draw"
	"github.com/scrapehook/scrapehook/internal/sitemaps"
)

// Turnout is what a page gave when it was scraped.
type Turnout string

// The ways in which a page turns out; the problematic ones are spelled as the
// API spells them.
const (
	FullPage   Turnout = "full"
	EmptyPage  Turnout = "empty"
	FailedPage Turnout = "failed"
)

// Turnouts say how start pages turn out. The zero value has every page full.
type Turnouts struct {
	// Rules are asked in their order; the first whose pattern matches the
	// page's URL decides, in every run of a job.
	Rules []TurnoutRule
	// FailedShare and EmptyShare of the other pages turn out so, drawn anew in
	// each run in which the page is not full yet. From 0 to 1 together.
	FailedShare, EmptyShare float64
}

// TurnoutRule decides on the pages whose URL matches.
type TurnoutRule struct {
	Pattern *regexp.Regexp
	Turnout Turnout
}

// ParseTurnout adds what a user asks for: KIND=PATTERN, a regular expression
// over a page's URL, or KIND=SHARE, where a share is written like 5%. KIND is
// full, empty or failed.
func (t *Turnouts) ParseTurnout(text string) error {
	kind, rest, ok := strings.Cut(text, "=")
	turnout := Turnout(kind)
	if !ok || rest == "" || (turnout != FullPage && turnout != EmptyPage && turnout != FailedPage) {
		return fmt.Errorf("%q: write it like empty=5%% or failed=/page/[0-9]*3$", text)
	}
	var percent float64
	if n, err := fmt.Sscanf(rest, "%g%%", &percent); n != 1 || err != nil || !strings.HasSuffix(rest, "%") {
		pattern, err := regexp.Compile(rest)
		if err != nil {
			return fmt.Errorf("%q: its pattern: %w", text, err)
		}
		t.Rules = append(t.Rules, TurnoutRule{pattern, turnout})
		return nil
	}
	switch turnout {
	case FailedPage:
		t.FailedShare = percent / 100
	case EmptyPage:
		t.EmptyShare = percent / 100
	case FullPage:
		return fmt.Errorf("%q: what is neither failed nor empty is full", text)
	}
	return t.check()
}

func (t *Turnouts) check() error {
	if !(t.FailedShare >= 0 && t.EmptyShare >= 0 && t.FailedShare+t.EmptyShare <= 1) {
		return errors.New("the shares of failed and empty pages must be 0% to 100% together")
	}
	return nil
}

// any reports whether a page may be other than full.
func (t *Turnouts) any() bool {
	return len(t.Rules) > 0 || t.FailedShare > 0 || t.EmptyShare > 0
}

// of is how a page has turned out after a number of runs; a page that was full
// once is not scraped again. number is the page's own random one.
func (t *Turnouts) of(url []byte, number uint64, runs int) Turnout {
	for _, r := range t.Rules {
		if r.Pattern.Match(url) {
			return r.Turnout
		}
	}
	turnout := FullPage
	for run := range runs {
		switch u := draw.Unit(draw.Mix(number + uint64(run))); {
		case u < t.FailedShare:
			turnout = FailedPage
		case u < t.FailedShare+t.EmptyShare:
			turnout = EmptyPage
		default:
			return FullPage
		}
	}
	return turnout
}

// run is what one run of a job came to.
type run struct {
	// Rows of the job in all, at the run's end.
	Rows int
	// Visited is how many of the start pages had been visited by then, when
	// their turnouts made the run; 0 when its outcome was given by counts, so
	// that the start pages are full and the problematic ones follow from them.
	Visited int
	// Failed and Empty pages at its end.
	Failed, Empty int
}

// history is what a job's rows and problematic pages follow from. A copy of it
// may be read without the cloud's lock.
type history struct {
	seed     uint64 // the cloud's with the job's id
	pages    *sitemaps.Pages
	turnouts *Turnouts
	planned  int
	runs     []run // never changed, only appended to
}

// turnout of start page i after that many runs. A page that was not visited
// is none.
func (h *history) turnout(i, runs int) Turnout {
	if runs == 0 || i >= h.runs[runs-1].Visited {
		return ""
	}
	return h.turnouts.of(h.pages.AppendURL(nil, i), draw.Mix(h.seed^uint64(i)), runs) //nolint:gosec // bits, not a number
}

// share is how many of the planned rows start page i has.
func (h *history) share(i int) int {
	n := h.pages.Len()
	return h.planned*(i+1)/n - h.planned*i/n
}

// next is the run that follows if the first visited start pages are visited.
func (h *history) next(visited int) run {
	after := *h
	after.runs = slices.Concat(h.runs, []run{{Visited: visited}})
	r, n := &after.runs[len(h.runs)], len(after.runs)
	before := 0
	if len(h.runs) > 0 {
		before = h.runs[len(h.runs)-1].Rows
	}
	r.Rows = before
	for i := range visited {
		switch after.turnout(i, n) {
		case FailedPage:
			r.Failed++
		case EmptyPage:
			r.Empty++
		case FullPage:
			if after.turnout(i, n-1) != FullPage {
				r.Rows += h.share(i)
			}
		}
	}
	// An earlier run whose outcome was given may have had rows of any page.
	r.Rows = min(r.Rows, max(h.planned, before))
	return *r
}

// rowPage says where a row is from.
type rowPage struct {
	row, page int
	// first up to, not including, last are the rows that the same run found.
	first, last int
}

// rowPages yields each row of the job with the start page that it is from. Blocks
// of that many rows are from one page where pages take turns.
func (h *history) rowPages(block int) iter.Seq[rowPage] {
	return func(yield func(rowPage) bool) {
		row := 0
		for n := 1; n <= len(h.runs); n++ {
			first, last := row, h.runs[n-1].Rows
			for page := range h.newPages(n, block) {
				if row >= last {
					break
				}
				if !yield(rowPage{row, page, first, last}) {
					return
				}
				row++
			}
		}
	}
}

// newPages yields the start page of each row that run n has added: the rows of
// the pages that it found full, or for ever a block of rows of each page in turn.
func (h *history) newPages(n, block int) iter.Seq[int] {
	return func(yield func(int) bool) {
		visited, total := h.runs[n-1].Visited, h.pages.Len()
		for i := 0; visited == 0; i++ {
			if !yield(i / block % total) {
				return
			}
		}
		for i := range visited {
			if h.turnout(i, n) != FullPage || h.turnout(i, n-1) == FullPage {
				continue
			}
			for range h.share(i) {
				if !yield(i) {
					return
				}
			}
		}
	}
}

// Problem is a page that gave nothing.
type Problem struct {
	URL  string
	Type Turnout // empty or failed
}

// problems returns up to limit problematic pages after the first offset, and
// how many there are.
func (h *history) problems(offset, limit int) (page []Problem, total int) {
	if len(h.runs) == 0 {
		return nil, 0
	}
	last := h.runs[len(h.runs)-1]
	total = last.Failed + last.Empty
	if last.Visited == 0 {
		for i := offset; i < min(total, offset+limit); i++ {
			kind := EmptyPage
			if i < last.Failed {
				kind = FailedPage
			}
			page = append(page, Problem{h.pages.Followed(i), kind})
		}
		return page, total
	}
	at := 0
	for i := 0; i < last.Visited && len(page) < limit; i++ {
		if t := h.turnout(i, len(h.runs)); cmp.Or(t, FullPage) != FullPage {
			if at >= offset {
				page = append(page, Problem{h.pages.URL(i), t})
			}
			at++
		}
	}
	return page, total
}
