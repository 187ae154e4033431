package api

import (
	"bufio"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/xuri/excelize/v2"

	"github.com/scrapehook/scrapehook/simulator/cloud"
)

// downloadBuffer is how much of a download is made ahead, in bytes.
const downloadBuffer = 32 << 10

// found is the job that a download is of. Without one it has answered.
func (s *server) found(w http.ResponseWriter, r *http.Request) (id int64, ok bool) {
	id, err := pathID(r)
	if err == nil {
		_, err = s.cfg.Cloud.Job(id)
	}
	if err != nil {
		writeError(w, err)
	}
	return id, err == nil
}

// downloadJSON is GET scraping-job/{id}/json: one JSON object a line, no byte
// before there is data. Rows are streamed as they are made, so the length is
// not known ahead and any number of them takes the same memory.
func (s *server) downloadJSON(w http.ResponseWriter, r *http.Request) {
	id, ok := s.found(w, r)
	if !ok {
		return
	}
	w.Header().Set("Content-Type", "application/json") // not stated: an assumption
	out := bufio.NewWriterSize(w, downloadBuffer)
	empty := true
	for _, row := range s.cfg.Cloud.Records(id) {
		empty = false
		_, _ = out.Write(row) // the first error stays and is returned below
		if out.WriteByte('\n') != nil {
			return // the client has left, or a fault wants no more
		}
	}
	if empty {
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(http.StatusOK)
		return
	}
	_ = out.Flush() // the recorder keeps the error
}

// downloadCSV is GET scraping-job/{id}/csv: RFC 4180 with a byte order mark,
// and a header row even before there is data. Line ends inside values stay as
// they are, which encoding/csv would change.
func (s *server) downloadCSV(w http.ResponseWriter, r *http.Request) {
	id, ok := s.found(w, r)
	if !ok {
		return
	}
	columns, err := s.cfg.Cloud.Columns(id)
	if err != nil {
		writeError(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8") // not stated: an assumption
	out := bufio.NewWriterSize(w, downloadBuffer)
	_, _ = out.WriteString("\ufeff")
	line := appendCSV(nil, names(columns))
	_, _ = out.Write(line)
	for values := range s.cfg.Cloud.Table(id) {
		line = appendCSV(line[:0], values)
		if _, err := out.Write(line); err != nil {
			return // the client has left, or a fault wants no more
		}
	}
	_ = out.Flush() // the recorder keeps the error
}

func names(columns []cloud.Column) []string {
	return each(columns, func(c cloud.Column) string { return c.Name })
}

func appendCSV(dst []byte, values []string) []byte {
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		if !strings.ContainsAny(v, "\",\r\n") {
			dst = append(dst, v...)
			continue
		}
		dst = append(dst, '"')
		dst = append(dst, strings.ReplaceAll(v, `"`, `""`)...)
		dst = append(dst, '"')
	}
	return append(dst, "\r\n"...)
}

// maxSheetRows is how many rows a sheet of a workbook can have, its header
// included.
const maxSheetRows = excelize.TotalRows

// downloadXLSX is GET scraping-job/{id}/xlsx. A workbook's parts can only be
// sent when they are whole, so nothing comes at once: rows go to a temporary
// file first, and the packed workbook, some 70 MB for a million rows, is held in
// memory until it is sent. What a sheet can't hold goes to another one.
func (s *server) downloadXLSX(w http.ResponseWriter, r *http.Request) {
	id, ok := s.found(w, r)
	if !ok {
		return
	}
	book := excelize.NewFile()
	defer func() { _ = book.Close() }() // its temporary files; nobody is left to tell
	if err := s.fillBook(book, id, r.Context().Err); err != nil {
		writeError(w, fmt.Errorf("making a workbook: %w", err))
		return
	}
	w.Header().Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	_ = book.Write(w) // the recorder keeps the error
}

// fillBook writes the job's table into sheets, until over returns an error.
func (s *server) fillBook(book *excelize.File, id int64, over func() error) error {
	columns, err := s.cfg.Cloud.Columns(id)
	if err != nil {
		return err
	}
	header := cells(names(columns))
	var sheet *excelize.StreamWriter
	sheets, row := 0, maxSheetRows
	next := func(values []any) error {
		if row == maxSheetRows {
			if sheet != nil {
				if err := sheet.Flush(); err != nil {
					return err
				}
			}
			sheets++
			name := fmt.Sprintf("Sheet%d", sheets)
			if _, err := book.NewSheet(name); err != nil { // the first one is there already
				return err
			}
			if sheet, err = book.NewStreamWriter(name); err != nil {
				return err
			}
			if err := sheet.SetRow("A1", header); err != nil {
				return err
			}
			row = 1
		}
		row++
		return sheet.SetRow(fmt.Sprintf("A%d", row), values)
	}
	for values := range s.cfg.Cloud.Table(id) {
		if err := errors.Join(over(), next(cells(values))); err != nil {
			return err
		}
	}
	if sheet == nil {
		if err := next(nil); err != nil {
			return err
		}
	}
	return sheet.Flush()
}

// cells are values as a sheet takes them, which cuts each to what a cell holds,
// 32,767 characters.
func cells(values []string) []any {
	return each(values, func(v string) any { return v })
}
