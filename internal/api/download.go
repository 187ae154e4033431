package api

import (
	"bufio"
	"net/http"

	"github.com/scrapehook/scrapehook/internal/records"
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

// downloadCSV is GET scraping-job/{id}/csv: a byte order mark, a header row even
// before there is data, and every value quoted (contract, section 2a).
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
	line := records.AppendCSVHeader([]byte(records.CSVMark), columns)
	_, _ = out.Write(line)
	for values := range s.cfg.Cloud.Table(id) {
		line = records.AppendCSV(line[:0], values)
		if _, err := out.Write(line); err != nil {
			return // the client has left, or a fault wants no more
		}
	}
	_ = out.Flush() // the recorder keeps the error
}
