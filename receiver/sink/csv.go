package sink

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
)

// writeCSV iterates the rows twice: the header needs the names of all rows, also
// those that come up in the last one only.
func writeCSV(w io.Writer, rows iter.Seq2[json.RawMessage, error]) error {
	columns, err := columnsOf(rows)
	if err != nil {
		return err
	}
	place := make(map[string]int, len(columns))
	for i, name := range columns {
		place[name] = i
	}
	out := csv.NewWriter(w)
	if len(columns) > 0 {
		header := make([]string, len(columns))
		for i, name := range columns {
			header[i] = notFormula(name)
		}
		_ = out.Write(header) // a csv.Writer keeps its first error
	}
	record := make([]string, len(columns))
	for row, err := range rows {
		if err != nil {
			return err
		}
		clear(record)
		if err := eachField(row, func(name string, value json.RawMessage) {
			record[place[name]] = notFormula(cell(value))
		}); err != nil {
			return err
		}
		_ = out.Write(record)
	}
	out.Flush()
	return out.Error()
}

// columnsOf returns the names in the rows, in the order in which they come up.
func columnsOf(rows iter.Seq2[json.RawMessage, error]) ([]string, error) {
	var columns []string
	seen := map[string]bool{}
	for row, err := range rows {
		if err != nil {
			return nil, err
		}
		if err := eachField(row, func(name string, _ json.RawMessage) {
			if !seen[name] {
				seen[name] = true
				columns = append(columns, name)
			}
		}); err != nil {
			return nil, err
		}
	}
	return columns, nil
}

// eachField calls f for each field of a JSON object, in their order.
func eachField(row json.RawMessage, f func(name string, value json.RawMessage)) error {
	fields := json.NewDecoder(bytes.NewReader(row))
	if _, err := fields.Token(); err != nil { // the brace
		return fmt.Errorf("reading a row: %w", err)
	}
	for fields.More() {
		name, err := fields.Token()
		if err != nil {
			return fmt.Errorf("reading a row: %w", err)
		}
		var value json.RawMessage
		if err := fields.Decode(&value); err != nil {
			return fmt.Errorf("reading a row: %w", err)
		}
		if text, ok := name.(string); ok { // an object's names are
			f(text, value)
		}
	}
	return nil
}

// cell is a value as CSV has it: a string without its quotes, null as nothing,
// anything else as the JSON that it is.
func cell(value json.RawMessage) string {
	if string(value) == "null" {
		return ""
	}
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}

// notFormula keeps a spreadsheet from running a cell: what comes from a scraped
// page may be a formula. A spreadsheet shows what follows an apostrophe as text.
// Numbers with a sign stay as they are.
func notFormula(text string) string {
	if text == "" || !strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return text
	}
	if text[0] == '-' || text[0] == '+' {
		if _, err := strconv.ParseFloat(text, 64); err == nil {
			return text
		}
	}
	return "'" + text
}
