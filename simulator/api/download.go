package api

import (
	"bufio"
	"net/http"
	"strings"

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
