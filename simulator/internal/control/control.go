// Package control is how users and the web console act on a running simulator
// over HTTP: its jobs, clock, faults, deliveries and endpoints. The API is
// described in docs/control-api.md. It has no token: its guard refuses callers
// from elsewhere, and web pages that misuse a browser.
package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/scrapehook/scrapehook/internal/clock"
	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/delivery/history"
	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/simulator/internal/dispatch"
	"github.com/scrapehook/scrapehook/simulator/internal/guard"
	"github.com/scrapehook/scrapehook/webhook"
)

// Path is where the control API begins.
const Path = "/_scrapehook/"

// Config is the parts that are controlled; all are required.
type Config struct {
	Seed    uint64
	Profile webhook.Profile
	Cloud   *cloud.Cloud
	Sender  *delivery.Sender
	Client  *delivery.Client // of test notifications
	Clock   *clock.Clock
	Faults  *fault.Plan
	// SenderFaults are those of Sender.
	SenderFaults *fault.SenderPlan
	History      *history.History
	// Reset empties all of these but the clock, at once.
	Reset func() error
	// Ready reports whether jobs live and notifications are sent.
	Ready func() bool
	// Guard says who may call.
	Guard guard.Guard
}

type server struct{ cfg Config }

// New makes the handler, which serves below [Path].
func New(cfg Config) http.Handler {
	s := &server{cfg}
	router := mux.NewRouter()
	router.Use(asJSON)
	paths := map[string]methods{}
	for route, answer := range s.routes() {
		method, path, _ := strings.Cut(route, " ")
		if paths[path] == nil {
			paths[path] = methods{}
		}
		paths[path][method] = answering(answer)
	}
	for path, methods := range paths {
		router.Path(Path + strings.ReplaceAll(path, "{id}", "{id:[0-9]{1,18}}")).Handler(methods)
	}
	router.NotFoundHandler = refuse(http.StatusNotFound, "no such path of the control API")
	return cfg.Guard.Wrap(router, func(w http.ResponseWriter, r *http.Request, err error) {
		refuse(http.StatusForbidden, err.Error()).ServeHTTP(w, r)
	})
}

// methods are the handlers of one path.
type methods map[string]http.Handler

func (m methods) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if next, ok := m[r.Method]; ok {
		next.ServeHTTP(w, r)
		return
	}
	w.Header().Set("Allow", strings.Join(slices.Sorted(maps.Keys(m)), ", "))
	refuse(http.StatusMethodNotAllowed, "no such method of this path").ServeHTTP(w, r)
}

// routes is the API's table; docs/control-api.md has a section for each.
func (s *server) routes() map[string]func(*http.Request) (any, error) {
	return map[string]func(*http.Request) (any, error){
		"GET health":                  s.health,
		"GET ready":                   s.ready,
		"GET state":                   s.state,
		"POST reset":                  s.reset,
		"POST seed":                   s.seed,
		"POST sitemaps":               s.addSitemap,
		"PUT sitemaps/{id}/tags":      s.tagSitemap,
		"POST jobs":                   s.addJob,
		"GET jobs/{id}":               s.job,
		"POST jobs/{id}/continue":     s.continueJob,
		"POST jobs/{id}/stop":         s.stopJob,
		"POST jobs/{id}/end":          s.endJob,
		"GET clock":                   s.clock,
		"POST clock":                  s.setClock,
		"GET faults":                  s.faults,
		"POST faults":                 s.addFault,
		"DELETE faults":               s.clearFaults,
		"DELETE faults/{id}":          s.removeFault,
		"GET sender-faults":           s.senderFaults,
		"POST sender-faults":          s.addSenderFault,
		"DELETE sender-faults":        s.clearSenderFaults,
		"DELETE sender-faults/{id}":   s.removeSenderFault,
		"GET deliveries":              s.deliveries,
		"GET deliveries/{id}":         s.delivery,
		"GET deliveries/events":       s.events,
		"POST deliveries/{id}/send":   s.sendEdited,
		"POST deliveries/{id}/resend": s.resend,
		"GET endpoints":               s.endpoints,
		"PUT endpoints":               s.setEndpoints,
		"POST test-notification":      s.testNotification,
	}
}

// asJSON refuses what a web page's form can send without asking us first. It is
// a second fence behind the guard, for browsers that name no origin.
func asJSON(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if r.Method != http.MethodGet && kind != "application/json" {
			refuse(http.StatusUnsupportedMediaType, "send Content-Type: application/json, also with an empty body").ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// callerError is what the caller can correct.
type callerError struct{ err error }

func (e *callerError) Error() string { return e.err.Error() }
func (e *callerError) Unwrap() error { return e.err }

func bad(format string, args ...any) error { return &callerError{fmt.Errorf(format, args...)} }

var errNotReady = errors.New("not ready")

// statusOf is the answer's status for an error.
func statusOf(err error) int {
	var invalid *cloud.ValidationError
	var wrong *callerError
	var field *history.FieldError
	switch {
	case errors.Is(err, cloud.ErrNotFound), errors.Is(err, dispatch.ErrForgotten):
		return http.StatusNotFound
	case errors.Is(err, cloud.ErrTransition), errors.Is(err, cloud.ErrExists), errors.Is(err, dispatch.ErrUnderWay):
		return http.StatusConflict
	case errors.As(err, &invalid), errors.As(err, &wrong), errors.As(err, &field), errors.Is(err, fault.ErrRule), errors.Is(err, cloud.ErrEnding):
		return http.StatusBadRequest
	case errors.Is(err, cloud.ErrFull), errors.Is(err, delivery.ErrFull), errors.Is(err, errNotReady):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

func answering(answer func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := answer(r)
		if err != nil {
			refuseFor(err).ServeHTTP(w, r)
			return
		}
		if h, ok := data.(http.Handler); ok { // an answer that is not JSON
			h.ServeHTTP(w, r)
			return
		}
		writeJSON(w, http.StatusOK, data)
	})
}

// refuseFor answers an error, and names the field that it is about.
func refuseFor(err error) http.Handler {
	name := ""
	if field, ok := errors.AsType[*history.FieldError](err); ok {
		name = field.Field
	} else if member, ok := errors.AsType[*fault.RuleError](err); ok {
		name = member.Field
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, statusOf(err), struct {
			Error string `json:"error"`
			Field string `json:"field,omitempty"`
		}{err.Error(), name})
	})
}

func refuse(status int, text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, status, map[string]string{"error": text})
	})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // a caller that has left needs no answer
}

// bodyCap is how large a request's body may be, in bytes.
const bodyCap = 16 << 20

// read decodes a request's body into v. An empty one leaves v as it is; a
// member that v does not have is an error.
func read(r *http.Request, v any) error {
	dec := json.NewDecoder(http.MaxBytesReader(nil, r.Body, bodyCap))
	dec.DisallowUnknownFields()
	err := dec.Decode(v)
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return nil
	case errors.As(err, &kind) && kind.Field != "":
		return &history.FieldError{Field: kind.Field, Reason: fmt.Sprintf("a %s is not what belongs there (%s)", kind.Value, kind.Type)}
	case errors.Is(err, fault.ErrRule):
		return err
	}
	return bad("the body: %w", err)
}

func pathID(r *http.Request) int64 {
	id, _ := strconv.ParseInt(mux.Vars(r)["id"], 10, 64) // eighteen digits at most
	return id
}

// span is a duration as JSON: "1m30s".
type span time.Duration

// UnmarshalJSON is for encoding/json.
func (d *span) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return errors.New(`a duration is written like "1m30s"`)
	}
	parsed, err := time.ParseDuration(text)
	*d = span(parsed)
	return err
}

func (s *server) health(*http.Request) (any, error) {
	return map[string]string{"status": "ok"}, nil
}

func (s *server) ready(*http.Request) (any, error) {
	if !s.cfg.Ready() {
		return nil, errNotReady
	}
	return map[string]string{"status": "ready"}, nil
}

// state is everything at a glance.
func (s *server) state(*http.Request) (any, error) {
	sitemaps, jobs := s.cfg.Cloud.Count()
	const listed = 10_000
	pending, total := s.pending(0, listed)
	return struct {
		Seed      uint64                 `json:"seed"`
		Profile   string                 `json:"profile"`
		Clock     clockJSON              `json:"clock"`
		Endpoints []string               `json:"endpoints"`
		Sitemaps  int                    `json:"sitemaps"`
		Jobs      map[webhook.Status]int `json:"jobs"`
		Pending   []pendingJSON          `json:"pending"`
		Total     int                    `json:"pending_total"`
		Faults    []fault.Rule           `json:"faults"`
		Sender    []fault.SenderRule     `json:"sender_faults"`
	}{
		s.cfg.Seed, s.cfg.Profile.Name, s.clockNow(), s.cfg.Cloud.Endpoints(),
		sitemaps, jobs, pending, total, s.cfg.Faults.Rules(), s.cfg.SenderFaults.Rules(),
	}, nil
}

func (s *server) reset(*http.Request) (any, error) {
	return ok, s.cfg.Reset()
}

// ok is what an action answers that has nothing to tell.
var ok = map[string]bool{"ok": true}
