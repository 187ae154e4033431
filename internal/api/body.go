package api

import (
	"io"
	"net/http"
	"time"
)

// bodyTime is how long a request's body may take, so that one that drips holds no
// call for ever.
const bodyTime = 30 * time.Second

// bounded has next read bodies within a time.
func bounded(limit time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			conn := http.NewResponseController(w)
			// Where there is no such deadline, no connection can drip either.
			_ = conn.SetReadDeadline(time.Now().Add(limit))
			r.Body = &timedBody{r.Body, conn}
		}
		next.ServeHTTP(w, r)
	})
}

// timedBody takes the deadline away at the body's end: what is read after it, to
// see the client leave, may take as long as the answer does.
type timedBody struct {
	io.ReadCloser
	conn *http.ResponseController
}

// Read is for [io.Reader].
func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		_ = b.conn.SetReadDeadline(time.Time{})
	}
	return n, err
}
