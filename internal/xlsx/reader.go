package xlsx

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Reader reads the table of a workbook: the first row that is not blank is its
// header, the others are its rows. Blank rows are left out.
//
// The table is the first sheet that is not blank. Later sheets go on with it if
// they have the same header, as those have that a [Writer] begins when a sheet
// is full; the others are named by Skipped.
//
// Values come as text: numbers with the 15 digits that spreadsheets keep,
// numbers with a date's format as 2006-01-02, 2006-01-02 15:04:05 or 15:04:05,
// formulas as their last results. Other formats (currencies, percents, rounding)
// change what a spreadsheet shows and are not applied.
//
// A file that inflates beyond reason is refused, see the limits.
type Reader struct {
	book    *workbook
	sheet   *sheet // nil when there is none left
	next    int    // the sheet after it
	header  []string
	skipped []string
	values  []string
	// where the last row was
	name string
	row  int
}

// NewReader opens a workbook of size bytes and reads its header. A file that is
// not a workbook is an error that says what it is, as far as can be told.
func NewReader(file io.ReaderAt, size int64) (*Reader, error) {
	book, err := openWorkbook(file, size)
	if err != nil {
		return nil, fmt.Errorf("reading a workbook: %w", err)
	}
	r := &Reader{book: book}
	if err := r.nextSheet(); err != nil {
		return nil, errors.Join(fmt.Errorf("reading a workbook: %w", err), r.Close())
	}
	if r.header == nil {
		return nil, errors.Join(errors.New("reading a workbook: none of its sheets has a row"), r.Close())
	}
	r.values = make([]string, len(r.header))
	return r, nil
}

// Header is the names of the table's columns. Each is there once and not empty.
func (r *Reader) Header() []string { return r.header }

// Read returns the next row, a value for each column, empty where its cell is.
// It is valid until the next call. After the last row the error is [io.EOF].
func (r *Reader) Read() ([]string, error) {
	for r.sheet != nil {
		cells, row, err := r.sheet.next()
		if errors.Is(err, io.EOF) {
			if err = r.nextSheet(); err == nil {
				continue
			}
		}
		if err == nil {
			r.name, r.row = r.sheet.name, row
			if err = r.fill(cells); err == nil {
				return r.values, nil
			}
		}
		return nil, fmt.Errorf("reading a workbook: %w", err)
	}
	return nil, io.EOF
}

// Place says where the last row was, for a message about it.
func (r *Reader) Place() (sheet string, row int) { return r.name, r.row }

// Skipped are the sheets that were left out because their header differs. It is
// complete after the last row.
func (r *Reader) Skipped() []string { return r.skipped }

// Close frees what the reader holds. It does not close the file.
func (r *Reader) Close() error {
	err := r.book.strings.close()
	if r.sheet != nil {
		err = errors.Join(err, r.sheet.close())
	}
	r.sheet = nil
	return err
}

// fill puts a row's cells in the order of the header.
func (r *Reader) fill(cells []cell) error {
	clear(r.values)
	for _, c := range cells {
		if c.column >= len(r.header) {
			return fmt.Errorf("sheet %q, row %d: column %s has a value and no name in the header", r.name, r.row, columnLetters(c.column))
		}
		r.values[c.column] = c.text
	}
	return nil
}

// nextSheet goes to the next sheet of the table; there may be none.
func (r *Reader) nextSheet() error {
	if r.sheet != nil {
		if err := r.sheet.close(); err != nil {
			return err
		}
		r.sheet = nil
	}
	for ; r.next < len(r.book.sheets); r.next++ {
		s, err := r.book.open(r.book.sheets[r.next])
		if err != nil {
			return err
		}
		cells, row, err := s.next()
		if errors.Is(err, io.EOF) { // it is blank
			if err := s.close(); err != nil {
				return err
			}
			continue
		}
		var header []string
		if err == nil {
			header, err = headerOf(cells, r.header == nil)
		}
		if err != nil {
			return errors.Join(fmt.Errorf("sheet %q, row %d: %w", s.name, row, err), s.close())
		}
		if r.header == nil || slices.Equal(r.header, header) {
			r.header, r.sheet = header, s
			r.next++
			return nil
		}
		r.skipped = append(r.skipped, s.name)
		if err := s.close(); err != nil {
			return err
		}
	}
	return nil
}

// headerOf is the header that a row's cells make; strict names what is wrong
// with it.
func headerOf(cells []cell, strict bool) ([]string, error) {
	header := make([]string, cells[len(cells)-1].column+1)
	for _, c := range cells {
		if strict && slices.Contains(header, c.text) {
			return nil, fmt.Errorf("two columns have the name %q", c.text)
		}
		header[c.column] = c.text
	}
	if at := slices.Index(header, ""); strict && at >= 0 {
		return nil, fmt.Errorf("the header has no name in column %s", columnLetters(at))
	}
	return header, nil
}

// What a workbook may be, so that a small file can't take a large machine's
// time or memory. Real workbooks stay far below.
const (
	maxParts    = 10_000
	maxSmall    = 16 << 20 // bytes of a part that is not a sheet or the strings
	maxText     = 1 << 20  // bytes of one cell's text
	maxRatio    = 200      // bytes that a packed byte may become
	freeRatio   = 16 << 20 // bytes of a part to which that does not apply
	maxInflated = 32 << 30 // bytes of one part
)

// parts are the files in a workbook, by their names in lower case.
type parts map[string]*zip.File

// openParts reads a file's directory.
func openParts(file io.ReaderAt, size int64) (parts, error) {
	begin := make([]byte, 8)
	n, err := file.ReadAt(begin, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch begin := string(begin[:n]); {
	case begin == "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
		return nil, errors.New("it is a workbook of the old format (.xls) or has a password: save it as .xlsx without one")
	case !strings.HasPrefix(begin, "PK"):
		return nil, errors.New("it is not a workbook (.xlsx)")
	}
	archive, err := zip.NewReader(file, size)
	if err != nil {
		return nil, fmt.Errorf("it is damaged: %w", err)
	}
	if len(archive.File) > maxParts {
		return nil, fmt.Errorf("it has %d parts; at most %d are read", len(archive.File), maxParts)
	}
	all := make(parts, len(archive.File))
	for _, f := range archive.File {
		all[partName(f.Name)] = f
	}
	return all, nil
}

// partName is how a part is found, however its writer spelled it.
func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/"))
}

// open opens a part. One that inflates beyond reason fails while it is read.
func (p parts) open(name string) (io.ReadCloser, error) {
	f := p[partName(name)]
	if f == nil {
		return nil, fmt.Errorf("its part %s is missing", name)
	}
	in, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("its part %s: %w", name, err)
	}
	packed := min(f.CompressedSize64, maxInflated/maxRatio)
	return &bounded{in, name, max(freeRatio, int64(packed)*maxRatio)}, nil
}

// bounded is a part that may inflate to left bytes more.
type bounded struct {
	io.ReadCloser
	name string
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fmt.Errorf("its part %s inflates to more than %d times its size: such a workbook is not read", b.name, maxRatio)
	}
	return n, err
}
