package mutants

import (
	"io"
	"net/http"
)

func readsAnySize() Mutant {
	return Mutant{
		Name: "reads-any-size", Requirement: "SEC-03",
		Summary: "reads a body into memory, however large it is",
		mutate: func(r *Receiver) {
			r.body = func(_ http.ResponseWriter, req *http.Request) ([]byte, error) { return io.ReadAll(req.Body) }
		},
	}
}
