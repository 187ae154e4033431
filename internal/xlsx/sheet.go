package xlsx

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// cell is a cell that is not empty.
type cell struct {
	column int
	text   string
}

// sheet is a sheet that is being read.
type sheet struct {
	name  string
	book  *workbook
	in    io.ReadCloser
	xml   *tokens
	cells []cell
	row   int
}

func (b *workbook) open(entry sheetEntry) (*sheet, error) {
	in, err := b.parts.open(entry.part)
	if err != nil {
		return nil, err
	}
	return &sheet{name: entry.name, book: b, in: in, xml: newTokens(in)}, nil
}

func (s *sheet) close() error {
	_ = s.in.Close() // a part that is left early has nothing to tell
	return nil
}

// next is the next row that is not blank: its cells in their order, valid until
// the next call, and its number. After the last one the error is [io.EOF].
func (s *sheet) next() ([]cell, int, error) {
	for {
		start, err := s.xml.start("row")
		if err != nil {
			if !errors.Is(err, io.EOF) {
				err = fmt.Errorf("sheet %q, after row %d: %w", s.name, s.row, err)
			}
			return nil, s.row + 1, err
		}
		s.row++
		if n, err := strconv.Atoi(attr(start, "r")); err == nil {
			s.row = n
		}
		if err := s.readRow(); err != nil {
			return nil, s.row, fmt.Errorf("sheet %q, row %d: %w", s.name, s.row, err)
		}
		if len(s.cells) > 0 {
			return s.cells, s.row, nil
		}
	}
}

// readRow reads a row's cells up to its end.
func (s *sheet) readRow() error {
	s.cells = s.cells[:0]
	column, sorted := -1, true
	for {
		start, end, err := s.xml.child("row")
		if err != nil || end {
			if !sorted {
				slices.SortFunc(s.cells, func(a, b cell) int { return a.column - b.column })
			}
			return err
		}
		if start.Name.Local != "c" {
			if err := s.xml.skip(); err != nil {
				return err
			}
			continue
		}
		before := column
		column++
		if ref := attr(start, "r"); ref != "" {
			at, ok := columnOf(ref)
			if !ok {
				return fmt.Errorf("%q is not a cell", ref)
			}
			column = at
		}
		if column >= MaxColumns {
			return fmt.Errorf("it has more than %d columns", MaxColumns)
		}
		sorted = sorted && column > before
		text, err := s.readCell(start)
		if err != nil {
			return fmt.Errorf("column %s: %w", columnLetters(column), err)
		}
		if text != "" {
			s.cells = append(s.cells, cell{column, text})
		}
	}
}

// readCell reads a cell's text up to its end (ECMA-376 part 1, 18.3.1.4).
func (s *sheet) readCell(start xml.StartElement) (string, error) {
	kind := attr(start, "t")
	style, err := strconv.Atoi(attr(start, "s"))
	if err != nil {
		style = 0 // none is the first
	}
	value, inline := "", ""
	for {
		child, end, err := s.xml.child("c")
		if err != nil {
			return "", err
		}
		if end {
			break
		}
		switch child.Name.Local {
		case "v":
			value, err = s.xml.text("v")
		case "is":
			inline, err = s.xml.richText("is")
		default: // f is a formula, of which v is the result
			err = s.xml.skip()
		}
		if err != nil {
			return "", err
		}
	}
	switch kind {
	case "inlineStr":
		return inline, nil
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(value))
		if err != nil {
			return "", fmt.Errorf("%q is not the number of a shared string", value)
		}
		return s.book.strings.get(i)
	case "b":
		if isTrue(value) {
			return "TRUE", nil
		}
		return "FALSE", nil
	case "d":
		return strings.TrimSuffix(strings.Replace(value, "T", " ", 1), " 00:00:00"), nil
	case "", "n":
		if value = strings.TrimSpace(value); value == "" {
			return "", nil
		}
		return s.book.number(value, style), nil
	}
	return unescape(value), nil // a formula's text, or an error such as #N/A
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
