package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/mux"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/sync/errgroup"

	"github.com/scrapehook/scrapehook/receiver"
)

// stopPatience bounds how long a stop waits for the answers under way. It is
// the sender's own patience (webhooks-2020).
const stopPatience = 10 * time.Second

// site is where a receiver is served.
type site struct {
	path     string
	drain    time.Duration // from the signal to the stop
	metrics  prometheus.Gatherer
	log      *slog.Logger
	stdout   io.Writer
	listener net.Listener
	scheme   string
}

// checkListen refuses what is no address. That it can't be listened on is found
// out by trying.
func checkListen(address string) error {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = net.LookupPort("tcp", port) //nolint:noctx // a number, or a name from a local file
	}
	if err != nil {
		return usageError("--listen %q: use HOST:PORT, such as 127.0.0.1:8080", address)
	}
	return nil
}

// listen begins to listen, with TLS if there is a certificate.
func (s *site) listen(ctx context.Context, address, certFile, keyFile string) error {
	s.scheme = "http"
	var cfg *tls.Config
	if certFile != "" {
		cert, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			return usageError("--tls-cert and --tls-key: %w", err)
		}
		s.scheme = "https"
		cfg = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return harnessError("--listen %s: %w", address, err)
	}
	if s.listener = listener; cfg != nil {
		s.listener = tls.NewListener(listener, cfg)
	}
	return nil
}

// serve answers and runs rcv until ctx ends. It stops in three steps: first it
// drains, so that balancers and other receivers take over; then the server
// stops, so that every request that came in is answered by a receiver that still
// runs; then the receiver.
func (s *site) serve(ctx context.Context, rcv *receiver.Receiver) error {
	server := &http.Server{
		Handler:        s.routes(rcv),
		ReadTimeout:    10 * time.Second, // of the head and the body together
		WriteTimeout:   15 * time.Second,
		IdleTimeout:    time.Minute,
		MaxHeaderBytes: 16 << 10,
		ErrorLog:       slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	fmt.Fprintf(s.stdout, "listening on %s://%s%s\n", s.scheme, s.listener.Addr(), s.path)

	serving, failed := context.WithCancel(context.WithoutCancel(ctx))
	defer failed()
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var g errgroup.Group
	g.Go(func() error { return rcv.Run(running) })
	g.Go(func() error {
		if err := server.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
			failed()
			return harnessError("serving %s: %w", s.listener.Addr(), err)
		}
		return nil
	})
	select {
	case <-ctx.Done():
		rcv.Drain()
		pause(serving, s.drain)
	case <-serving.Done():
	}
	patience, done := context.WithTimeout(context.WithoutCancel(ctx), stopPatience)
	defer done()
	if err := server.Shutdown(patience); err != nil {
		s.log.WarnContext(ctx, "gave up on requests under way", "error", err)
		_ = server.Close() // they are beyond help
	}
	stop()
	return g.Wait()
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// routes mounts the endpoint, with and without the token as a segment of its
// path, and what an orchestrator asks for. The endpoint itself goes past the
// router, which would take as long as reading the notification.
func (s *site) routes(rcv *receiver.Receiver) http.Handler {
	endpoint, routes := rcv.Handler(), mux.NewRouter()
	routes.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "ok")
	})
	routes.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !rcv.Ready() {
			http.Error(w, "it is stopping, or takes no notifications", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	routes.Handle("/metrics", promhttp.HandlerFor(s.metrics, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
	routes.Handle(strings.TrimSuffix(s.path, "/")+"/{"+receiver.TokenParam+"}", endpoint)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == s.path {
			endpoint.ServeHTTP(w, r)
			return
		}
		routes.ServeHTTP(w, r)
	})
}
