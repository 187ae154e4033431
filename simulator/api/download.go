package api

import (
	"bufio"
	"net/http"
)

// downloadJSON is GET scraping-job/{id}/json: one JSON object a line, no byte
// before there is data. Rows are streamed as they are made, so the length is
// not known ahead and any number of them takes the same memory.
func (s *server) downloadJSON(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r)
	if err == nil {
		_, err = s.cfg.Cloud.Job(id)
	}
	if err != nil {
		writeError(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json") // not stated: an assumption
	out := bufio.NewWriterSize(w, 32<<10)
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
