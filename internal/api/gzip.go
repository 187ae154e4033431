package api

import (
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
)

// compressing answers by next, and compressed if the request asks for gzip. Not
// otherwise: the Node SDK neither asks nor decodes (contract, section 2).
func compressing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept-Encoding")
		if !acceptsGzip(r.Header) {
			next.ServeHTTP(w, r)
			return
		}
		out := &gzipWriter{ResponseWriter: w}
		next.ServeHTTP(out, r)
		out.close()
	})
}

// acceptsGzip reads Accept-Encoding as far as gzip is concerned: it must be
// named, and not with the weight 0.
func acceptsGzip(h http.Header) bool {
	for part := range strings.SplitSeq(strings.Join(h.Values("Accept-Encoding"), ","), ",") {
		coding, weight, weighted := strings.Cut(strings.ReplaceAll(part, " ", ""), ";q=")
		if !strings.EqualFold(coding, "gzip") {
			continue
		}
		q, err := strconv.ParseFloat(weight, 64)
		return !weighted || (err == nil && q > 0)
	}
	return false
}

// gzipWriter compresses a body that is not empty.
type gzipWriter struct {
	http.ResponseWriter
	status int
	zip    *gzip.Writer
}

// Unwrap is for [http.ResponseController].
func (w *gzipWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader waits for the body: an empty one is not compressed.
func (w *gzipWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *gzipWriter) Write(p []byte) (int, error) {
	if w.zip == nil {
		w.Header().Del("Content-Length")
		w.Header().Set("Content-Encoding", "gzip")
		if w.status != 0 {
			w.ResponseWriter.WriteHeader(w.status)
		}
		// Speed is what a simulated download needs most.
		w.zip, _ = gzip.NewWriterLevel(w.ResponseWriter, gzip.BestSpeed) // the level exists
	}
	return w.zip.Write(p)
}

func (w *gzipWriter) close() {
	switch {
	case w.zip != nil:
		_ = w.zip.Close() // the recorder below keeps the error
	case w.status != 0:
		w.ResponseWriter.WriteHeader(w.status)
	}
}
