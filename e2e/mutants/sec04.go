package mutants

import (
	"net/http"
	"time"
)

func fewReaders() Mutant {
	const readers = 16
	return Mutant{
		Name: "few-readers", Requirement: "SEC-04",
		Summary: "reads bodies with 16 workers, each of which has one sender at a time, however slow that is and however long it takes",
		mutate: func(r *Receiver) {
			correct := r.body
			workers := make(chan struct{}, readers)
			r.body = func(w http.ResponseWriter, req *http.Request) ([]byte, error) {
				select {
				case workers <- struct{}{}:
				case <-req.Context().Done():
					return nil, req.Context().Err()
				}
				defer func() { <-workers }()
				_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // a server without limits has none
				return correct(w, req)
			}
		},
	}
}
