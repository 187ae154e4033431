package records

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// readCSV reads a table whose first line names the columns. An empty cell is a
// missing value, which CSV can't tell apart.
func readCSV(in *bufio.Reader, w *rowWriter) error {
	table := &csvReader{in: in, line: 1}
	header, err := table.next()
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, name := range header {
		if seen[name] {
			return fmt.Errorf("line 1: the column %q comes twice", name)
		}
		seen[name] = true
	}
	if err := w.declare(header); err != nil {
		return fmt.Errorf("line 1: %w", err)
	}
	fields := make([]Field, len(header))
	for {
		began := table.line
		values, err := table.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if len(values) != len(header) {
			return fmt.Errorf("line %d: has %d values, and the header has %d columns", began, len(values), len(header))
		}
		if err := w.add(tableFields(fields, header, values)); err != nil {
			return fmt.Errorf("line %d: %w", began, err)
		}
	}
}

// csvReader reads CSV as RFC 4180 has it. Line ends inside values stay as they
// are, which encoding/csv would change, and blank lines are told.
type csvReader struct {
	in   *bufio.Reader
	line int // of the next byte
}

// next reads a line's values. After the last one it is io.EOF.
func (t *csvReader) next() ([]string, error) {
	var values []string
	for began := t.line; ; {
		value, end, err := t.value()
		if err != nil {
			return nil, err
		}
		if end == 0 && value == "" && len(values) == 0 {
			return nil, io.EOF
		}
		values = append(values, value)
		if end == ',' {
			continue
		}
		if len(values) == 1 && value == "" {
			return nil, fmt.Errorf("line %d: is blank", began)
		}
		return values, nil
	}
}

// value reads one value and what ends it: a comma, a line's end, or 0 for the
// file's.
func (t *csvReader) value() (value string, end byte, err error) {
	began := t.line
	first, err := t.in.Peek(1)
	switch {
	case errors.Is(err, io.EOF):
		return "", 0, nil
	case err != nil:
		return "", 0, err
	case first[0] == '"':
		if value, err = t.quoted(began); err != nil {
			return "", 0, err
		}
		rest, end, err := t.bare(began)
		if err == nil && rest != "" {
			err = fmt.Errorf("line %d: %q follows a quoted value; quotes inside are written twice", t.lineOf(end), rest[:1])
		}
		return value, end, err
	}
	return t.bare(began)
}

// lineOf is the line of what stood before end, which was just read.
func (t *csvReader) lineOf(end byte) int {
	if end == '\n' {
		return t.line - 1
	}
	return t.line
}

// bare reads up to what ends a value, without the \r of a line's end.
func (t *csvReader) bare(began int) (value string, end byte, err error) {
	var text []byte
	for {
		c, err := t.in.ReadByte()
		switch {
		case errors.Is(err, io.EOF):
			return string(bytes.TrimSuffix(text, []byte("\r"))), 0, nil
		case err != nil:
			return "", 0, err
		case c == '\n':
			t.line++
			return string(bytes.TrimSuffix(text, []byte("\r"))), c, nil
		case c == ',':
			return string(text), c, nil
		}
		if text = append(text, c); len(text) > maxRow {
			return "", 0, tooLong(began)
		}
	}
}

// quoted reads a value between quotes, the first of which is next.
func (t *csvReader) quoted(began int) (string, error) {
	var text []byte
	_, _ = t.in.Discard(1) // it was peeked at
	for {
		c, err := t.in.ReadByte()
		switch {
		case errors.Is(err, io.EOF):
			return "", fmt.Errorf("line %d: a quoted value is not closed", began)
		case err != nil:
			return "", err
		case c == '\n':
			t.line++
		case c == '"':
			if next, _ := t.in.Peek(1); string(next) != `"` { // an error comes again
				return string(text), nil
			}
			_, _ = t.in.Discard(1)
		}
		if text = append(text, c); len(text) > maxRow {
			return "", tooLong(began)
		}
	}
}

func tooLong(line int) error {
	return fmt.Errorf("line %d: a value is longer than %d bytes", line, maxRow)
}
