package cloud

import (
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// maxPages is how many start pages a sitemap or a job may have. What its pages
// turn out to be is computed page by page whenever it is asked for.
const maxPages = 100_000

// pageSet is the start pages of a job, with the vendor's ranges spelled out:
// [1-100], [001-100] and [0-100:10] each stand for many pages. It never
// changes.
type pageSet struct {
	urls []pageRange
	ends []int // ends[i] is how many pages urls[:i+1] stand for
}

// pageRange is one start URL: before, a number, after. One that has no range
// is before alone.
type pageRange struct {
	before, after     string
	first, step, size int
	width             int // digits, filled up with zeros
}

var rangePattern = regexp.MustCompile(`\[(\d{1,9})-(\d{1,9})(?::(\d{1,9}))?\]`)

// newPageSet reads start URLs. Only the first range of a URL is one.
func newPageSet(urls []string) (*pageSet, error) {
	set, total := &pageSet{}, 0
	for _, url := range urls {
		r := parseRange(url)
		if total += r.size; total > maxPages {
			return nil, fmt.Errorf("more than %d pages", maxPages)
		}
		set.urls = append(set.urls, r)
		set.ends = append(set.ends, total)
	}
	return set, nil
}

func parseRange(url string) pageRange {
	at := rangePattern.FindStringSubmatchIndex(url)
	if at == nil {
		return pageRange{before: url, size: 1}
	}
	number := func(from, to int) int {
		n, _ := strconv.Atoi(url[from:to]) // nine digits at most
		return n
	}
	r := pageRange{before: url[:at[0]], after: url[at[1]:], first: number(at[2], at[3]), step: 1}
	if at[6] >= 0 {
		r.step = max(1, number(at[6], at[7]))
	}
	last := number(at[4], at[5])
	if last < r.first {
		return pageRange{before: url, size: 1} // no range after all
	}
	if url[at[2]] == '0' {
		r.width = at[3] - at[2]
	}
	r.size = (last-r.first)/r.step + 1
	return r
}

func (p *pageSet) len() int { return p.ends[len(p.ends)-1] }

// appendURL appends the URL of page i, from 0.
func (p *pageSet) appendURL(dst []byte, i int) []byte {
	at := sort.SearchInts(p.ends, i+1)
	r := p.urls[at]
	dst = append(dst, r.before...)
	if r.step == 0 {
		return dst
	}
	n := r.first + r.step*(i-(p.ends[at]-r.size))
	if r.width > 0 {
		dst = fmt.Appendf(dst, "%0*d", r.width, n)
	} else {
		dst = strconv.AppendInt(dst, int64(n), 10)
	}
	return append(dst, r.after...)
}

func (p *pageSet) url(i int) string { return string(p.appendURL(nil, i)) }

// followed is the URL of the i-th page that is no start page but reached from
// one, as the second page of a list is.
func (p *pageSet) followed(i int) string {
	url, separator := p.url(i%p.len()), "?"
	if strings.Contains(url, "?") {
		separator = "&"
	}
	return fmt.Sprintf("%s%spage=%d", url, separator, i/p.len()+2)
}
