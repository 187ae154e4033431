package records

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// File is a user's own rows. They are copied to a temporary file as JSON lines
// when it is opened; only where each begins is held in memory. It is safe for
// concurrent use.
type File struct {
	rows    *os.File
	offsets []int64 // where each row begins, and where the last one ends
	header  []string
	filled  []int
}

// maxRow is how long a row may be, in bytes.
const maxRow = 16 << 20

// Open reads rows as people have them exported: JSON lines, a JSON array of
// objects, CSV with a header, or a workbook's first sheet (XLSX). The content
// tells which. An error names the line that is wrong.
func Open(path string) (*File, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening records: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	temporary, err := os.CreateTemp("", "scrapehook-records-*")
	if err != nil {
		return nil, fmt.Errorf("opening records: %w", err)
	}
	// Open, it needs no name any more. Where that can't be, Close removes it.
	_ = os.Remove(temporary.Name())
	f := &File{rows: temporary}
	if err := f.fill(file); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("reading records: %s: %w", path, err)
	}
	return f, nil
}

// fill copies the rows.
func (f *File) fill(file *os.File) error {
	w := &rowWriter{out: bufio.NewWriterSize(f.rows, 64<<10), place: map[string]int{}}
	in := bufio.NewReaderSize(file, 64<<10)
	start, err := in.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if bytes.HasPrefix(start, []byte("PK\x03\x04")) {
		err = readWorkbook(file, w)
	} else {
		err = readText(in, w)
	}
	if err != nil {
		return err
	}
	if err := w.out.Flush(); err != nil {
		return fmt.Errorf("copying rows: %w", err)
	}
	w.offsets = append(w.offsets, w.at)
	f.offsets, f.header, f.filled = w.offsets, w.header, w.filled
	return nil
}

// readText reads any form but a workbook.
func readText(file *bufio.Reader, w *rowWriter) error {
	in := bufio.NewReaderSize(&textReader{in: file, line: 1}, 64<<10)
	start, err := in.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	marked := string(start) == CSVMark
	if marked {
		_, _ = in.Discard(len(CSVMark)) // it was peeked at
	}
	first, err := firstByte(in)
	switch {
	case errors.Is(err, io.EOF):
		return nil // no rows
	case err != nil:
		return err
	case marked && (first == '{' || first == '['):
		return errors.New("line 1: begins with a byte order mark, which JSON must not: save it as UTF-8 without one")
	case first == '{':
		return readLines(in, w)
	case first == '[':
		return readArray(in, w)
	}
	return readCSV(in, w)
}

// firstByte is the first one that is not white space, without taking any. Only
// the beginning is looked at.
func firstByte(in *bufio.Reader) (byte, error) {
	for n := 1; ; n++ {
		start, err := in.Peek(n)
		if len(start) < n {
			return 0, err
		}
		if c := start[n-1]; c != ' ' && c != '\t' && c != '\r' && c != '\n' || n == in.Size() {
			return c, nil
		}
	}
}

// Close lets go of the rows. None can be read any more.
func (f *File) Close() error {
	_ = os.Remove(f.rows.Name()) // mostly gone already
	return f.rows.Close()
}

// Len is the number of rows.
func (f *File) Len() int { return len(f.offsets) - 1 }

// Header is the names of the columns in the order in which they first came.
func (f *File) Header() []string { return f.header }

// Filled is how many rows have a value in each column.
func (f *File) Filled() []int { return f.filled }

// AppendRow appends row i as a JSON object without a line's end. Past the file's
// end, and where it can't be read any more, rows are empty objects.
func (f *File) AppendRow(dst []byte, i int) []byte {
	if i < 0 || i >= f.Len() {
		return append(dst, "{}"...)
	}
	from, size := len(dst), int(f.offsets[i+1]-f.offsets[i])
	dst = append(dst, make([]byte, size)...)
	if _, err := f.rows.ReadAt(dst[from:], f.offsets[i]); err != nil {
		return append(dst[:from], "{}"...)
	}
	return dst
}

// Check compares the file's columns with those of a sitemap's records, and says
// by name what is missing and what is too much. The two columns of the scraper
// may be there or not.
func (f *File) Check(l *Layout) error {
	want := l.Header()[2:]
	var missing, extra []string
	for _, name := range want {
		if !slices.Contains(f.header, name) {
			missing = append(missing, name)
		}
	}
	for _, name := range f.header {
		if !slices.Contains(l.Header(), name) {
			extra = append(extra, name)
		}
	}
	var faults []string
	if len(missing) > 0 {
		faults = append(faults, "columns of the sitemap that the records lack: "+quoted(missing))
	}
	if len(extra) > 0 {
		faults = append(faults, "columns of the records that the sitemap does not have: "+quoted(extra))
	}
	if len(faults) == 0 {
		return nil
	}
	return errors.New(strings.Join(faults, "; "))
}

func quoted(names []string) string {
	parts := make([]string, 0, len(names))
	for _, name := range names {
		parts = append(parts, fmt.Sprintf("%q", name))
	}
	return strings.Join(parts, ", ")
}

// rowWriter writes rows one after the other, and notes what there is.
type rowWriter struct {
	out     *bufio.Writer
	at      int64
	offsets []int64
	header  []string
	place   map[string]int
	filled  []int
	line    []byte
}

// mostColumns bounds what a file of many different names takes.
const mostColumns = 16_384 // what a sheet of a workbook holds

// add writes one row.
func (w *rowWriter) add(fields []Field) error {
	for _, field := range fields {
		at, known := w.place[field.Name]
		if !known {
			if at = len(w.header); at == mostColumns {
				return fmt.Errorf("has more than %d columns", mostColumns)
			}
			w.place[field.Name] = at
			w.header, w.filled = append(w.header, field.Name), append(w.filled, 0)
		}
		if field.Kind != Null && field.Value != "" {
			w.filled[at]++
		}
	}
	w.line = AppendFields(w.line[:0], fields, false)
	if len(w.line) > maxRow {
		return fmt.Errorf("is longer than %d bytes", maxRow)
	}
	w.offsets = append(w.offsets, w.at)
	w.at += int64(len(w.line))
	_, err := w.out.Write(w.line)
	return err
}
