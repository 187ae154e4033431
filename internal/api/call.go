package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/internal/fault"
)

// Call is one call of the API, as an observer sees it. It holds no secret: the
// query, which bears the token, is left out.
type Call struct {
	// Number counts the calls from 1 in the order of their beginning.
	Number uint64
	Began  time.Time
	// Ended is zero while the call is under way.
	Ended  time.Time
	Method string
	Path   string
	// Route is the method and the path's pattern below [Path], for example
	// "GET scraping-job/{id}/json"; empty when there is no such route.
	Route string
	// JobID is the job that the path names, or 0.
	JobID int64
	// Status is the answer's, 0 while there is none.
	Status int
	// Bytes of the answer's body that were written.
	Bytes int64
	// Complete says that a whole answer was given, of whatever status: no fault
	// cut it, and every byte of it went to a connection that took it. Whether the
	// client has read what its system took can't be known.
	Complete  bool
	UserAgent string
}

// Download reports whether the call asks for a job's rows.
func (c Call) Download() bool {
	switch c.Route {
	case "GET scraping-job/{id}/json", "GET scraping-job/{id}/csv", "GET scraping-job/{id}/xlsx":
		return true
	}
	return false
}

// observed serves a route by next and tells of it. A route that is not empty
// is authenticated and open to faults.
func (s *server) observed(route string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call := Call{
			Number: s.number.Add(1), Began: time.Now(),
			Method: r.Method, Path: r.URL.Path, Route: route, UserAgent: r.UserAgent(),
		}
		if strings.HasPrefix(r.URL.Path, Path+"scraping-job/") {
			call.JobID, _ = pathID(r) // 0 where the path has none
		}
		s.tell(call)
		out := &recorder{ResponseWriter: w, over: r.Context().Err, bodiless: r.Method == http.MethodHead}
		whole := false
		defer func() { // also when the handler aborts by a panic
			call.Ended, call.Status, call.Bytes = time.Now(), out.status, out.bytes
			call.Complete = whole && out.end() == nil
			s.tell(call)
		}()
		defer out.hurry(r.Context())()
		serve := next
		var f fault.Fault
		switch {
		case route == "":
		case !s.authentic(r):
			serve = refuse(http.StatusUnauthorized, "Unauthorized")
		case !s.limit.pass(out.Header(), time.Now()):
			serve = refuse(http.StatusTooManyRequests, "Too Many Attempts.")
		case s.cfg.Fault != nil:
			f = s.cfg.Fault(call)
		}
		if f.Kind == "" { // a fault's measures are of the plain body
			serve = compressing(serve)
		}
		whole = f.Serve(out, r, serve)
	})
}

func (s *server) tell(c Call) {
	if s.cfg.Observe != nil {
		s.cfg.Observe(c)
	}
}

// recorder notes what is written and refuses to write after the call's end.
type recorder struct {
	http.ResponseWriter
	over func() error // why the call is over, or nil
	// bodiless: what is written is not sent, because the method is HEAD.
	bodiless bool
	status   int
	bytes    int64
	err      error
}

// Unwrap is for [http.ResponseController].
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(p []byte) (int, error) {
	if w.err == nil {
		w.err = w.over()
	}
	if w.err != nil {
		return 0, w.err
	}
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	if w.err = err; !w.bodiless {
		w.bytes += int64(n)
	}
	return n, err
}

// hurry makes a write that hangs, because the client does not read, fail as
// soon as the call's context ends. The returned function ends the watch.
func (w *recorder) hurry(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() {
		// Where there is no such deadline, no connection can hang either.
		_ = http.NewResponseController(w.ResponseWriter).SetWriteDeadline(time.Now())
	})
}

// end pushes out what is buffered, so that an error of the connection shows. A
// client that has the last byte may leave at once, so its leaving is an error
// only before that.
func (w *recorder) end() error {
	if w.err == nil && w.bytes == 0 {
		w.err = w.over()
	}
	if w.err == nil {
		w.err = http.NewResponseController(w.ResponseWriter).Flush()
	}
	return w.err
}
