package server

import (
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/gorilla/mux"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/scrapehook/scrapehook/receiver"
)

// newSite mounts the endpoint, with and without the token as a segment of its
// path, and what an orchestrator asks for.
func newSite(cfg Config) *site {
	s, routes := &site{cfg: cfg}, mux.NewRouter()
	s.endpoint = http.HandlerFunc(s.notification)
	routes.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "ok")
	})
	routes.HandleFunc("/readyz", s.ready)
	routes.Handle("/metrics", promhttp.HandlerFor(cfg.Metrics, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
	routes.Handle(strings.TrimSuffix(cfg.Path, "/")+"/{"+receiver.TokenParam+"}", s.endpoint)
	s.routes = routes
	return s
}

// ServeHTTP has the endpoint go past the router, which would take as long as
// reading the notification.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == s.cfg.Path {
		s.endpoint.ServeHTTP(w, r)
		return
	}
	s.routes.ServeHTTP(w, r)
}

func (s *site) notification(w http.ResponseWriter, r *http.Request) {
	rcv := s.receiver.Load()
	if rcv == nil {
		w.Header().Set("Retry-After", "5")
		http.Error(w, "the receiver is starting; send the notification again", http.StatusServiceUnavailable)
		return
	}
	// From the end of the body on the connection is worth keeping.
	r.Body = &watchedBody{r.Body, connOf(r.Context())}
	rcv.Handler().ServeHTTP(w, r)
}

func (s *site) ready(w http.ResponseWriter, _ *http.Request) {
	rcv := s.receiver.Load()
	switch {
	case rcv == nil:
		http.Error(w, "it is starting", http.StatusServiceUnavailable)
	case !rcv.Ready():
		http.Error(w, "it is stopping, or takes no notifications", http.StatusServiceUnavailable)
	default:
		fmt.Fprintln(w, "ok")
	}
}

// watchedBody tells when a request has come in whole.
type watchedBody struct {
	io.ReadCloser
	conn *guardedConn
}

func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF && b.conn != nil {
		b.conn.set(answering)
	}
	return n, err
}
