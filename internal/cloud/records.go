package cloud

import (
	"fmt"
	"iter"

	"github.com/scrapehook/scrapehook/internal/records"
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
	d, ok := c.data(id)
	if !ok {
		return func(func(int, []byte) bool) {}
	}
	return d.json()
}

// Table yields the job's rows as a table's lines, the values in the order of
// [Cloud.Columns], and none that are not among them. A missing value is empty. A
// line is valid until the next one is asked for.
func (c *Cloud) Table(id int64) iter.Seq[[]string] {
	d, ok := c.data(id)
	if !ok {
		return func(func([]string) bool) {}
	}
	return d.table()
}

// Columns returns the names of the fields of a job's records in their order, or
// ErrNotFound.
func (c *Cloud) Columns(id int64) ([]string, error) {
	d, ok := c.data(id)
	if !ok {
		return nil, fmt.Errorf("looking for a job's columns: id %d: %w", id, ErrNotFound)
	}
	return d.header(), nil
}

// Column is a field of a job's records.
type Column struct {
	Name string
	// Filled is how many of 100 records have a value there.
	Filled float64
}

// TextColumn is the column of a job's records that holds free text, see
// [JobSpec]; empty: none does.
func (c *Cloud) TextColumn(id int64) string {
	d, ok := c.data(id)
	if !ok {
		return ""
	}
	return d.textColumn()
}

// DataColumns returns the fields of a job's records without those of the scraper,
// or ErrNotFound. Of a job with very many rows the first ones tell how many are
// filled.
func (c *Cloud) DataColumns(id int64) ([]Column, error) {
	d, ok := c.data(id)
	if !ok {
		return nil, fmt.Errorf("looking for a job's columns: id %d: %w", id, ErrNotFound)
	}
	return d.filled(), nil
}

// data is what a job's rows are made of. It is a copy that may be read without
// the cloud's lock.
type data struct {
	job     records.Job
	layout  *records.Layout
	text    func(i int) (string, bool) // nil: rows are as they come
	file    *records.File              // nil: generated
	rows    int
	history history
}

func (c *Cloud) data(id int64) (data, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	j, err := c.jobs.get(id)
	if err != nil {
		return data{}, false
	}
	return data{
		job: records.Job{Seed: c.cfg.Seed, ID: j.ID}, layout: j.layout,
		text: j.text, file: j.file, rows: j.StoredRecordCount, history: j.history,
	}, true
}

func (d *data) header() []string {
	if d.file != nil {
		return d.file.Header()
	}
	return d.layout.Header()
}

func (d *data) json() iter.Seq2[int, []byte] {
	if d.text != nil {
		return d.withTexts()
	}
	return d.asTheyCome()
}

// textColumn is the column that data.text is for.
func (d *data) textColumn() string {
	if d.file != nil {
		return records.TextColumn(d.file.Header())
	}
	return d.layout.TextColumn()
}

// withTexts are the rows with the job's own texts in one column, and characters as
// they are: whoever tries a reader wants them in the bytes.
func (d *data) withTexts() iter.Seq2[int, []byte] {
	column := d.textColumn()
	return func(yield func(int, []byte) bool) {
		var line []byte
		for i, row := range d.asTheyCome() {
			if fields, err := records.ReadRow(row); err == nil { // it is ours
				setText(fields, column, d.text, i)
				line = records.AppendFields(line[:0], fields, true)
				row = line
			}
			if !yield(i, row) {
				return
			}
		}
	}
}

// setText gives a row its own text.
func setText(fields []records.Field, column string, text func(i int) (string, bool), i int) {
	for f := range fields {
		if fields[f].Name != column {
			continue
		}
		value, there := text(i)
		fields[f] = records.Field{Name: column, Value: value}
		if !there {
			fields[f].Kind = records.Null
		}
	}
}

func (d *data) asTheyCome() iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		var line []byte
		switch {
		case d.file != nil:
			for i := range d.rows {
				if line = d.file.AppendRow(line[:0], i); !yield(i, line) {
					return
				}
			}
		default:
			for i, row := range d.made() {
				if line = d.layout.AppendJSON(line[:0], row); !yield(i, line) {
					return
				}
			}
		}
	}
}

// made yields the generated rows.
func (d *data) made() iter.Seq2[int, *records.Row] {
	return func(yield func(int, *records.Row) bool) {
		maker := d.layout.NewMaker(d.job)
		var url []byte
		for at := range d.history.rowPages(d.layout.Block()) {
			url = d.history.pages.AppendURL(url[:0], at.page)
			if !yield(at.row, maker.Row(at.row, records.Number(at.row, at.first, at.last), at.page, url)) {
				return
			}
		}
	}
}

func (d *data) table() iter.Seq[[]string] {
	if d.text != nil || d.file != nil {
		return d.readTable()
	}
	return func(yield func([]string) bool) {
		line := make([]string, len(d.layout.Header()))
		for _, row := range d.made() {
			for i := range line {
				text, _ := row.Cell(i)
				line[i] = string(text)
			}
			if !yield(line) {
				return
			}
		}
	}
}

// readTable is the table of rows that are JSON.
func (d *data) readTable() iter.Seq[[]string] {
	header := d.header()
	place := make(map[string]int, len(header))
	for i, name := range header {
		place[name] = i
	}
	return func(yield func([]string) bool) {
		line := make([]string, len(header))
		for _, row := range d.json() {
			clear(line)
			fields, err := records.ReadRow(row)
			if err != nil {
				continue // a user's file could not be read
			}
			for _, f := range fields {
				if i, ok := place[f.Name]; ok {
					line[i] = f.Value
				}
			}
			if !yield(line) {
				return
			}
		}
	}
}

// mostCounted is how many rows are looked at for how many values they have.
const mostCounted = 200_000

// filled counts values, of the data's columns alone (contract, section 2a).
func (d *data) filled() []Column {
	header := d.header()
	counts, of := make([]int, len(header)), 0
	switch {
	case d.file != nil && d.text == nil:
		counts, of = d.file.Filled(), d.file.Len()
	case d.text != nil:
		of = min(d.rows, mostCounted)
		seen := 0
		for line := range d.table() {
			for i, value := range line {
				if value != "" {
					counts[i]++
				}
			}
			if seen++; seen == of {
				break
			}
		}
	default:
		maker := d.layout.NewMaker(d.job)
		for at := range d.history.rowPages(d.layout.Block()) {
			if of == mostCounted {
				break
			}
			maker.Filled(at.row, at.page, counts[2:])
			of++
		}
	}
	columns := make([]Column, 0, len(header))
	for i, name := range header {
		if name == records.OrderColumn || name == records.StartURLColumn {
			continue
		}
		c := Column{Name: name}
		if of > 0 && d.rows > 0 {
			c.Filled = 100 * float64(counts[i]) / float64(of)
		}
		columns = append(columns, c)
	}
	return columns
}
