package api

import (
	"errors"
	"net/http"
)

// errHeadOnly is what a handler gets from Write when its answer's head is all
// that was asked for.
var errHeadOnly = errors.New("the method is HEAD: there is no body")

// headOnly serves HEAD by a handler of GET. The server leaves the body out; this
// keeps a long one from being made.
func headOnly(get http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		get.ServeHTTP(&headWriter{ResponseWriter: w}, r)
	})
}

// headWriter takes one write, so that whatever goes by the body is in the head.
type headWriter struct {
	http.ResponseWriter
	written bool
}

// Unwrap is for [http.ResponseController].
func (w *headWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *headWriter) Write(p []byte) (int, error) {
	if w.written {
		return 0, errHeadOnly
	}
	w.written = true
	return w.ResponseWriter.Write(p)
}
