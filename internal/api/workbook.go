package api

import (
	"bufio"
	"net/http"

	"github.com/scrapehook/scrapehook/internal/xlsx"
)

// downloadXLSX is GET scraping-job/{id}/xlsx: a workbook with the table's header
// even before there is data. Rows are streamed as they are made. What does not
// fit into a sheet, which holds 1,048,576 rows, goes on in further ones; what the
// vendor does there is not stated: an assumption.
func (s *server) downloadXLSX(w http.ResponseWriter, r *http.Request) {
	id, ok := s.found(w, r)
	if !ok {
		return
	}
	columns, err := s.cfg.Cloud.Columns(id)
	if err != nil {
		writeError(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	out := bufio.NewWriterSize(w, downloadBuffer)
	book, err := xlsx.NewWriter(out, columns)
	if err != nil {
		writeError(w, err) // nothing was written: there are too many columns
		return
	}
	for values := range s.cfg.Cloud.Table(id) {
		if book.Write(values) != nil {
			return // the client has left, or a fault wants no more
		}
	}
	if book.Close() == nil {
		_ = out.Flush() // the recorder keeps the error
	}
}
