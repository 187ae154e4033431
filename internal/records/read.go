package records

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"github.com/scrapehook/scrapehook/internal/xlsx"
)

// textReader passes UTF-8 on and refuses anything else, with its line.
type textReader struct {
	in    io.Reader
	line  int
	left  [utf8.UTFMax]byte // the beginning of a character that is not whole yet
	leftN int
	err   error
}

func (t *textReader) Read(p []byte) (int, error) {
	if t.err != nil {
		return 0, t.err
	}
	n, err := t.in.Read(p)
	if t.check(p[:n]); t.err == nil && err != nil {
		if t.err = err; errors.Is(err, io.EOF) && t.leftN > 0 {
			t.err = t.notUTF8(t.left[0])
		}
	}
	if t.err != nil && !errors.Is(t.err, io.EOF) {
		return 0, t.err
	}
	return n, nil
}

func (t *textReader) notUTF8(c byte) error {
	return fmt.Errorf("line %d: the byte 0x%02x is not UTF-8: is it Latin-1? Save the file as UTF-8", t.line, c)
}

func (t *textReader) check(p []byte) {
	for len(p) > 0 {
		if t.leftN > 0 {
			t.left[t.leftN] = p[0]
			t.leftN++
			p = p[1:]
			if utf8.FullRune(t.left[:t.leftN]) {
				if r, size := utf8.DecodeRune(t.left[:t.leftN]); r == utf8.RuneError && size == 1 {
					t.err = t.notUTF8(t.left[0])
					return
				}
				t.leftN = 0
			}
			continue
		}
		switch c := p[0]; {
		case c == '\n':
			t.line++
			p = p[1:]
		case c == 0:
			t.err = fmt.Errorf("line %d: has a NUL character", t.line)
			return
		case c < utf8.RuneSelf:
			p = p[1:]
		case !utf8.FullRune(p):
			t.leftN = copy(t.left[:], p)
			return
		default:
			r, size := utf8.DecodeRune(p)
			if r == utf8.RuneError && size == 1 {
				t.err = t.notUTF8(c)
				return
			}
			p = p[size:]
		}
	}
}

// readLines reads JSON lines.
func readLines(in *bufio.Reader, w *rowWriter) error {
	for line := 1; ; line++ {
		text, err := readLine(in)
		if errors.Is(err, io.EOF) && len(text) == 0 {
			return nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if text = bytes.TrimSpace(text); len(text) == 0 {
			return fmt.Errorf("line %d: is blank", line)
		}
		fields, err := ReadRow(text)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("is not a whole JSON object: each line must be one")
		}
		if err == nil {
			err = w.add(fields)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
	}
}

// readLine reads a line with its end, which the last one may lack.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		if line = append(line, part...); len(line) > maxRow {
			return nil, fmt.Errorf("a line is longer than %d bytes", maxRow)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// readArray reads a JSON array of objects.
func readArray(in io.Reader, w *rowWriter) error {
	lines := &lineCounter{in: in}
	dec := json.NewDecoder(lines)
	fail := func(row int, err error) error {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("line %d: row %d: %w", lines.at(dec.InputOffset()), row, err)
	}
	if _, err := dec.Token(); err != nil { // it is [, as was seen
		return fail(0, err)
	}
	row := 1
	for ; dec.More(); row++ {
		fields, err := readObject(dec)
		if err == nil {
			err = w.add(fields)
		}
		if err != nil {
			return fail(row, err)
		}
		lines.forget(dec.InputOffset())
	}
	if _, err := dec.Token(); err != nil {
		return fail(row, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fail(row, errors.New("something follows the array"))
	}
	return nil
}

// lineCounter knows the lines of what was read lately.
type lineCounter struct {
	in     io.Reader
	read   int64
	passed int // line ends before the ones in ends
	ends   []int64
}

func (l *lineCounter) Read(p []byte) (int, error) {
	n, err := l.in.Read(p)
	for i, c := range p[:n] {
		if c == '\n' {
			l.ends = append(l.ends, l.read+int64(i))
		}
	}
	l.read += int64(n)
	return n, err
}

func (l *lineCounter) at(offset int64) int {
	line := l.passed + 1
	for _, end := range l.ends {
		if end < offset {
			line++
		}
	}
	return line
}

func (l *lineCounter) forget(offset int64) {
	kept := 0
	for kept < len(l.ends) && l.ends[kept] < offset {
		kept++
	}
	l.passed += kept
	l.ends = l.ends[kept:]
}

// tableFields fills fields from a line of a table.
func tableFields(fields []Field, header, values []string) []Field {
	for i, name := range header {
		fields[i] = Field{Name: name, Kind: Null}
		if i < len(values) && values[i] != "" {
			fields[i].Kind, fields[i].Value = String, values[i]
		}
	}
	return fields
}

// declare notes columns in their order before any row has them.
func (w *rowWriter) declare(header []string) error {
	if len(header) > mostColumns {
		return fmt.Errorf("has more than %d columns", mostColumns)
	}
	for _, name := range header {
		w.place[name] = len(w.header)
		w.header, w.filled = append(w.header, name), append(w.filled, 0)
	}
	return nil
}

// readWorkbook reads the table of a workbook.
func readWorkbook(file *os.File, w *rowWriter) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	table, err := xlsx.NewReader(file, info.Size())
	if err != nil {
		return err
	}
	defer func() { _ = table.Close() }() // it was only read
	header := table.Header()
	if err := w.declare(header); err != nil {
		return err
	}
	fields := make([]Field, len(header))
	for {
		values, err := table.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := w.add(tableFields(fields, header, values)); err != nil {
			sheet, row := table.Place()
			return fmt.Errorf("sheet %q, row %d: %w", sheet, row, err)
		}
	}
}
