package fault

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// errCut is what the answering handler gets from Write when the rest of its
// body is not wanted any more.
var errCut = errors.New("the answer was cut by a fault")

// Serve answers r by next, with the fault. It reports whether a whole answer
// was given, next's or the fault's own, late or slowly perhaps, but not cut. It
// returns early when the request's context ends.
func (f Fault) Serve(w http.ResponseWriter, r *http.Request, next http.Handler) (whole bool) {
	switch f.Kind {
	case "":
		next.ServeHTTP(w, r)
		return true
	case Stall:
		return f.stall(w, r, next)
	case Dribble:
		slow := &dribbler{ResponseWriter: w, chunk: f.chunk(), pause: f.pause(r.Context())}
		next.ServeHTTP(slow, r)
		return !slow.broken
	case TooManyRequests:
		if f.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(f.retryAfterSeconds()))
		}
		answer(w, http.StatusTooManyRequests, "application/json", `{"success":false,"error":"Too Many Attempts."}`)
	case ServerError:
		answer(w, http.StatusInternalServerError, "application/json", `{"success":false,"error":"Server Error"}`)
	case BadGateway:
		answer(w, http.StatusBadGateway, "text/html", badGatewayPage)
	case Reset:
		f.reset(w, r, next)
		return false
	case Truncate:
		f.truncate(w, r, next)
		return false
	case CutShort:
		return f.cutShort(w, r, next)
	case MalformedLine:
		f.malform(w, r, next)
	default:
		panic("fault: no such kind: " + string(f.Kind))
	}
	return true
}

const badGatewayPage = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n" +
	"<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"

func answer(w http.ResponseWriter, status int, contentType, body string) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) // a client that has left needs no answer
}

func (f Fault) stall(w http.ResponseWriter, r *http.Request, next http.Handler) bool {
	pause := f.pause(r.Context())
	if f.After == 0 {
		if pause() != nil {
			return false
		}
		next.ServeHTTP(w, r)
		return true
	}
	m := &meter{ResponseWriter: w, after: f.After, strike: func() error {
		if err := http.NewResponseController(w).Flush(); err != nil {
			return err
		}
		return pause()
	}}
	next.ServeHTTP(m, r)
	return m.err == nil
}

func (f Fault) reset(w http.ResponseWriter, r *http.Request, next http.Handler) {
	if f.After > 0 {
		m := &meter{ResponseWriter: w, after: f.After, strike: func() error { return errCut }}
		next.ServeHTTP(m, r)
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // HTTP/2: the stream is reset instead
	}
	resetConn(conn)
}

func (f Fault) truncate(w http.ResponseWriter, r *http.Request, next http.Handler) {
	m := &meter{
		ResponseWriter: w, after: f.After,
		strike: func() error { return errCut },
		head: func(h http.Header) {
			// The server closes the connection of a body that falls short.
			length, err := strconv.ParseInt(h.Get("Content-Length"), 10, 64)
			if err != nil || length <= f.After {
				h.Set("Content-Length", strconv.FormatInt(2*f.After+1, 10))
			}
		},
	}
	next.ServeHTTP(m, r)
	m.writeHead() // also of an answer without a body
}

func (f Fault) cutShort(w http.ResponseWriter, r *http.Request, next http.Handler) bool {
	m := &meter{
		ResponseWriter: w, after: f.After, lines: true,
		strike: func() error { return errCut },
		head:   func(h http.Header) { h.Del("Content-Length") },
	}
	next.ServeHTTP(m, r)
	return m.err == nil
}

// malform adds a line, so the body's length is not the one that was declared.
func (f Fault) malform(w http.ResponseWriter, r *http.Request, next http.Handler) {
	m := &meter{
		ResponseWriter: w, after: f.After, lines: true,
		strike: func() error {
			_, err := io.WriteString(w, `{"web-scraper-order":"`+"\n")
			return err
		},
		head: func(h http.Header) { h.Del("Content-Length") },
	}
	next.ServeHTTP(m, r)
}

// pause returns what waits for the delay or the release. Its error is ctx's.
func (f Fault) pause(ctx context.Context) func() error {
	return func() error {
		timer := time.NewTimer(f.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
			return nil
		case <-f.Release:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
