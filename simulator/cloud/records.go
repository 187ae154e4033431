package cloud

import (
	"fmt"
	"iter"
	"math/rand"
	"strconv"
	"unicode/utf8"

	"github.com/brianvoe/gofakeit/v6"

	"github.com/scrapehook/scrapehook/internal/draw"
)

// Records yields the rows that the job has at the moment of the call, each with
// its index: a JSON object without a line's end, valid until the next one is
// asked for. A job without rows yields none, and so does one that does not
// exist.
//
// A generated row is a pure function of the seed, the job's id, the sitemap's
// selectors and the row's index, so a continued job's first rows are the same
// bytes as before. Nothing is stored: any number of rows takes the same memory.
func (c *Cloud) Records(id int64) iter.Seq2[int, []byte] {
	c.mu.RLock()
	defer c.mu.RUnlock()
	j, err := c.jobs.get(id)
	if err != nil {
		return func(func(int, []byte) bool) {}
	}
	if custom, rows := j.records, j.StoredRecordCount; custom != nil {
		return func(yield func(int, []byte) bool) {
			for i := range rows {
				if !yield(i, custom(i)) {
					return
				}
			}
		}
	}
	return j.layout.rows(c.cfg.Seed, j.ID, j.history)
}

// Column is one field of a job's records.
type Column struct {
	Name string
	// Filled is how many of 100 records have a value there.
	Filled float64
}

// Columns returns the fields of a job's records in their order, none where
// custom records do not say, or ErrNotFound.
func (c *Cloud) Columns(id int64) ([]Column, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	j, err := c.jobs.get(id)
	if err != nil {
		return nil, fmt.Errorf("looking for a job's columns: %w", err)
	}
	return j.columns, nil
}

// layout is what a sitemap's records look like. It never changes.
type layout struct {
	names   []string
	columns []column
}

// The columns that every record begins with.
const (
	orderColumn    = "web-scraper-order"
	startURLColumn = "web-scraper-start-url"
)

// described are the layout's columns. None of its records lacks a value.
func (l *layout) described() []Column {
	all := []Column{{orderColumn, 100}, {startURLColumn, 100}}
	for _, name := range l.names {
		all = append(all, Column{name, 100})
	}
	return all
}

// column is one field of a record.
type column struct {
	// key is the field's JSON up to its value: `,"name":"`.
	key  []byte
	fill filler
}

func newLayout(names []string) *layout {
	l := &layout{names: names}
	for _, name := range names {
		key := appendJSONString([]byte(`,"`), name)
		l.columns = append(l.columns, column{append(key, `":"`...), fillerFor(name)})
	}
	return l
}

// rows yields the rows of job id that its history has.
func (l *layout) rows(seed uint64, id int64, h history) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		var src source
		fake := gofakeit.NewCustom(&src)
		base := draw.Mix(draw.Mix(seed) + uint64(id)) //nolint:gosec // bits, not a number
		var buf, url []byte
		row := 0
		for page := range h.rowPages() {
			// One cheap seeding a row makes each row independent of the others.
			src.State = draw.Mix(base + uint64(row)) //nolint:gosec // bits, not a number
			url = h.pages.appendURL(url[:0], page)
			buf = l.appendRow(buf[:0], fake, id, row, url)
			if !yield(row, buf) {
				return
			}
			row++
		}
	}
}

// appendRow appends row i. The order, unique in its job, and the start URL come
// first, as in the vendor's exports; every value is a string.
func (l *layout) appendRow(dst []byte, fake *gofakeit.Faker, id int64, i int, startURL []byte) []byte {
	dst = append(dst, `{"`+orderColumn+`":"`...)
	dst = strconv.AppendInt(dst, id, 10)
	dst = append(dst, '-')
	dst = strconv.AppendInt(dst, int64(i)+1, 10)
	dst = append(dst, `","`+startURLColumn+`":"`...)
	dst = appendJSONString(dst, startURL)
	dst = append(dst, '"')
	for _, c := range l.columns {
		dst = append(dst, c.key...)
		dst = c.fill(dst, fake)
		dst = append(dst, '"')
	}
	return append(dst, '}')
}

// appendJSONString appends the inside of a JSON string. Slashes and everything
// beyond ASCII stay as they are.
func appendJSONString[T string | []byte](dst []byte, s T) []byte {
	const hex = "0123456789abcdef"
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case c < utf8.RuneSelf:
			dst = append(dst, c)
		default:
			r, size := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
			dst = utf8.AppendRune(dst, r) // U+FFFD for what is no UTF-8
			i += size
			continue
		}
		i++
	}
	return dst
}

// source makes a [draw.Source] one for math/rand, which gofakeit takes.
type source struct{ draw.Source }

var _ rand.Source64 = (*source)(nil)

func (s *source) Int63() int64 { return int64(s.Uint64() >> 1) }

func (s *source) Seed(seed int64) { s.State = uint64(seed) } //nolint:gosec // bits, not a number
