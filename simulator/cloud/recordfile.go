package cloud

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// RecordFile is a user's own rows: a file of JSON objects, one a line. Only
// where its lines begin is held in memory. It is safe for concurrent use.
type RecordFile struct {
	file    *os.File
	offsets []int64 // where each line begins, and where the last one ends
	columns []Column
}

// maxRecord is how long a line of a file may be, in bytes.
const maxRecord = 16 << 20

// OpenRecords reads the file through and keeps it open; an error names the line.
func OpenRecords(path string) (*RecordFile, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening records: %w", err)
	}
	f := &RecordFile{file: file}
	if err := f.index(); err != nil {
		_ = file.Close() // it was only read
		return nil, fmt.Errorf("reading records: %s: %w", path, err)
	}
	return f, nil
}

// Close lets go of the file. No rows can be read any more.
func (f *RecordFile) Close() error { return f.file.Close() }

// Len is the number of rows.
func (f *RecordFile) Len() int { return len(f.offsets) - 1 }

// index notes where lines begin, and which columns there are.
func (f *RecordFile) index() error {
	in := bufio.NewReaderSize(f.file, 64<<10)
	filled := map[string]int{}
	var names []string
	at := int64(0)
	for {
		line, err := readLine(in)
		if err != nil && (!errors.Is(err, io.EOF) || len(line) == 0) {
			if errors.Is(err, io.EOF) {
				break
			}
			return fmt.Errorf("line %d: %w", len(f.offsets)+1, err)
		}
		fields, err := decodeRow(line)
		if err != nil {
			return fmt.Errorf("line %d: %w", len(f.offsets)+1, err)
		}
		for _, field := range fields {
			if _, known := filled[field.name]; !known {
				names = append(names, field.name)
				filled[field.name] = 0
			}
			if field.value != "" {
				filled[field.name]++
			}
		}
		f.offsets = append(f.offsets, at)
		at += int64(len(line))
	}
	f.offsets = append(f.offsets, at)
	for _, name := range names {
		f.columns = append(f.columns, Column{name, 100 * float64(filled[name]) / float64(f.Len())})
	}
	return nil
}

// readLine reads a line with its end, which the last one may lack.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		if line = append(line, part...); len(line) > maxRecord {
			return nil, fmt.Errorf("longer than %d bytes", maxRecord)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// row is line i without its end. Past the file's end, and where it can't be
// read any more, rows are empty objects.
func (f *RecordFile) row(i int) []byte {
	if i >= f.Len() {
		return []byte("{}")
	}
	line := make([]byte, f.offsets[i+1]-f.offsets[i])
	if _, err := f.file.ReadAt(line, f.offsets[i]); err != nil {
		return []byte("{}")
	}
	return bytes.TrimRight(line, "\r\n")
}

// useFile makes the file's rows the job's.
func (j *job) useFile(f *RecordFile) { j.records, j.columns = f.row, f.columns }

// field is one member of a record; value is as a table shows it.
type field struct{ name, value string }

// decodeRow reads a record, in its own order. A null is an empty value, and
// what is neither a string nor null is its JSON.
func decodeRow(row []byte) ([]field, error) {
	if fields, ok := flatRow(row); ok {
		return fields, nil
	}
	return decodeAnyRow(row)
}

func decodeAnyRow(row []byte) ([]field, error) {
	dec := json.NewDecoder(bytes.NewReader(row))
	if start, err := dec.Token(); err != nil || start != json.Delim('{') {
		return nil, errors.New("is no JSON object")
	}
	var fields []field
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, err
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil, err
		}
		value := string(raw)
		switch {
		case value == "null":
			value = ""
		case raw[0] == '"':
			if err := json.Unmarshal(raw, &value); err != nil {
				return nil, err
			}
		}
		fields = append(fields, field{fmt.Sprint(name), value})
	}
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("has more than one JSON object")
	}
	return fields, nil
}

// flatRow reads what nearly every record is, and encoding/json takes thirty
// times as long for: strings by strings, without an escape, a control character
// or a space between them. Anything else is not ok.
func flatRow(row []byte) (fields []field, ok bool) {
	rest, ok := strings.CutPrefix(string(row), "{")
	for ok {
		var f field
		if f.name, rest, ok = plainString(rest); !ok {
			return nil, false
		}
		if rest, ok = strings.CutPrefix(rest, ":"); !ok {
			return nil, false
		}
		if f.value, rest, ok = plainString(rest); !ok {
			return nil, false
		}
		fields = append(fields, f)
		if rest == "}" {
			return fields, true
		}
		rest, ok = strings.CutPrefix(rest, ",")
	}
	return nil, false
}

// plainString cuts a JSON string without escapes off.
func plainString(s string) (text, rest string, ok bool) {
	if s == "" || s[0] != '"' {
		return "", "", false
	}
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return s[1:i], s[i+1:], utf8.ValidString(s[1:i])
		case c == '\\' || c < ' ':
			return "", "", false
		}
	}
	return "", "", false
}

// Table yields the job's rows as a table's lines, the values in the order of
// [Cloud.Columns], and none that are not among them. A line is valid until the
// next one is asked for.
func (c *Cloud) Table(id int64) func(yield func([]string) bool) {
	columns, err := c.Columns(id)
	if err != nil {
		return func(func([]string) bool) {}
	}
	place := make(map[string]int, len(columns))
	for i, column := range columns {
		place[column.Name] = i
	}
	rows := c.Records(id)
	return func(yield func([]string) bool) {
		line := make([]string, len(columns))
		for _, row := range rows {
			clear(line)
			fields, err := decodeRow(row)
			if err != nil {
				continue // a scenario's own records may be anything
			}
			for _, f := range fields {
				if i, ok := place[f.name]; ok {
					line[i] = f.value
				}
			}
			if !yield(line) {
				return
			}
		}
	}
}
