package sitemaps

import (
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Pages are start pages with their ranges spelled out: [1-100], [001-100] and
// [0-100:10] each stand for many. They never change.
type Pages struct {
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

var rangePattern = regexp.MustCompile(`\[(\d+)-(\d+)(?::(\d+))?\]`)

// pageError is what is wrong with the index-th URL, or with all of them for -1.
type pageError struct {
	index int
	text  string
}

// pageErrors is an error that tells them all.
type pageErrors []pageError

func (f pageErrors) Error() string {
	parts := make([]string, 0, len(f))
	for _, one := range f {
		if one.index < 0 {
			parts = append(parts, one.text)
			continue
		}
		parts = append(parts, fmt.Sprintf("number %d, which %s", one.index+1, one.text))
	}
	return strings.Join(parts, "; ")
}

// NewPages reads start URLs. As in the extension only the first range of a URL
// is one, and its numbers are padded with zeros when both ends have as many
// digits (contract, section 2a). An error tells all that is wrong.
func NewPages(urls []string) (*Pages, error) {
	set, total := &Pages{}, 0
	var faults pageErrors
	for i, url := range urls {
		r, fault := parseRange(url)
		if fault != "" {
			if faults = append(faults, pageError{i, fault}); len(faults) >= maxFaults {
				break
			}
			continue
		}
		if total += r.size; total > MaxPages {
			faults = append(faults, pageError{-1, fmt.Sprintf("more than %d start URLs", MaxPages)})
			break
		}
		set.urls = append(set.urls, r)
		set.ends = append(set.ends, total)
	}
	if len(urls) == 0 {
		faults = pageErrors{{-1, "no start URL"}}
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return set, nil
}

// parseRange reads one start URL; fault says what is wrong with it.
func parseRange(url string) (r pageRange, fault string) {
	if !isURL(url) {
		return r, fmt.Sprintf("is not a URL: %s", shown(url))
	}
	at := rangePattern.FindStringSubmatchIndex(url)
	if at == nil {
		return pageRange{before: encodeURL(url), size: 1}, ""
	}
	part := func(i int) string { return url[at[2*i]:at[2*i+1]] }
	first, firstErr := strconv.Atoi(part(1))
	last, lastErr := strconv.Atoi(part(2))
	r = pageRange{before: encodeURL(url[:at[0]]), after: encodeURL(url[at[1]:]), first: first, step: 1}
	if at[6] >= 0 {
		step, err := strconv.Atoi(part(3))
		if err != nil {
			step = MaxPages * MaxPages // beyond any other end: one page
		}
		r.step = step
	}
	switch {
	case firstErr != nil || lastErr != nil:
		return r, fmt.Sprintf("has a range of numbers that are too large: %s", shown(url))
	case last < first:
		return r, fmt.Sprintf("has a range that descends: %s", shown(url))
	case r.step == 0:
		return r, fmt.Sprintf("has a range with a step of 0: %s", shown(url))
	}
	if len(part(1)) == len(part(2)) {
		r.width = len(part(1))
	}
	// Bounded, so that a sum of many stays an int.
	r.size = min((last-first)/r.step, MaxPages) + 1
	return r, ""
}

// isURL reports whether a browser could start at it: http or https, and a host.
func isURL(url string) bool {
	url = strings.TrimSpace(url)
	if strings.ContainsFunc(url, unicode.IsControl) || !utf8.ValidString(url) {
		return false
	}
	scheme, rest, ok := strings.Cut(url, "://")
	if !ok || !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return false
	}
	host := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		host = rest[:i]
	}
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	return strings.Trim(host, ".:") != "" && !strings.ContainsAny(host, " \\\"<>^`{|}")
}

// encodeURL percent-encodes everything beyond ASCII, and nothing else.
func encodeURL(url string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(url) {
		if c < utf8.RuneSelf {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', hex[c>>4], hex[c&15]})
	}
	return b.String()
}

// Len is how many pages there are, at least one.
func (p *Pages) Len() int { return p.ends[len(p.ends)-1] }

// AppendURL appends the URL of page i, from 0.
func (p *Pages) AppendURL(dst []byte, i int) []byte {
	at := 0
	if len(p.ends) > 1 {
		at = sort.SearchInts(p.ends, i+1)
	}
	r := &p.urls[at]
	dst = append(dst, r.before...)
	if r.step == 0 {
		return dst
	}
	n := r.first + r.step*(i-(p.ends[at]-r.size))
	for width, m := 1, n; width < r.width; width++ {
		if m /= 10; m == 0 {
			dst = append(dst, '0')
		}
	}
	dst = strconv.AppendInt(dst, int64(n), 10)
	return append(dst, r.after...)
}

// URL is the URL of page i.
func (p *Pages) URL(i int) string { return string(p.AppendURL(nil, i)) }

// Followed is the URL of the i-th page that is no start page but reached from
// one, as the second page of a list is.
func (p *Pages) Followed(i int) string {
	url, separator := p.URL(i%p.Len()), "?"
	if strings.Contains(url, "?") {
		separator = "&"
	}
	return fmt.Sprintf("%s%spage=%d", url, separator, i/p.Len()+2)
}
