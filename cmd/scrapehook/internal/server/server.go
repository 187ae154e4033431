// Package server serves a receiver over HTTP as a process of its own does: with
// limits for slow and large requests, room for good clients when connections are
// short, pages for health and metrics, and a stop that loses nobody's answer.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/scrapehook/scrapehook/receiver"
)

// The limits of a request.
const (
	readTimeout    = 10 * time.Second // of the head and the body together
	writeTimeout   = 15 * time.Second
	idleTimeout    = time.Minute
	maxHeaderBytes = 16 << 10
)

// The bounds of a stop. A store that hangs must not hold it up: requests that
// still wait for their commit are answered 503 when answerPatience is over, and
// whoever still sends its request then is cut off when stopPatience is.
const (
	answerPatience = 2 * time.Second
	stopPatience   = 4 * time.Second
)

// Config says how to serve.
type Config struct {
	// Path is the endpoint's: /webhook. The token may be one more segment.
	Path string
	// Drain is how long to go on answering once the stop has begun, not ready and
	// without new imports.
	Drain time.Duration
	// AnswerEarly is to answer before the receiver is open, notifications with 503.
	// Otherwise connections wait in the listener's queue until then, so that the
	// first answer says that the receiver is there.
	AnswerEarly bool
	// Metrics is what /metrics shows.
	Metrics prometheus.Gatherer
	// Ready is called once notifications are taken; it may be nil.
	Ready func()
	// Log is where the server says what it does. Required.
	Log *slog.Logger
}

// Listen begins to listen, with TLS if there is a certificate.
func Listen(ctx context.Context, address string, certificate *tls.Certificate) (net.Listener, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return withTLS(listener, certificate), nil
}

// Run opens a receiver and serves it on listener, which it closes, until ctx ends.
// An error of open ends it.
//
// It stops in three steps: first it drains, so that balancers and other receivers
// take over; then the server stops, so that every request that came in is
// answered by a receiver that still runs; then the receiver.
func Run(ctx context.Context, listener net.Listener, cfg Config, open func(context.Context) (*receiver.Receiver, error)) error {
	s := newSite(cfg)
	// Requests outlive ctx, for as long as the stop takes.
	lasting := context.WithoutCancel(ctx)
	answering, giveUp := context.WithCancel(lasting)
	defer giveUp()
	guard := guardOf(listener, cfg.Log)
	server := &http.Server{
		Handler:     s,
		ReadTimeout: readTimeout,
		// OPTIONS * is asked of nothing that we have.
		DisableGeneralOptionsHandler: true,
		WriteTimeout:                 writeTimeout,
		IdleTimeout:                  idleTimeout,
		MaxHeaderBytes:               maxHeaderBytes,
		BaseContext:                  func(net.Listener) context.Context { return answering },
		ConnContext:                  guard.connContext,
		ConnState:                    guard.connState,
		ErrorLog:                     slog.NewLogLogger(cfg.Log.Handler(), slog.LevelDebug),
	}
	var g errgroup.Group
	serving, failed := context.WithCancel(lasting)
	defer failed()
	serve := sync.OnceFunc(func() {
		g.Go(func() error {
			defer failed()
			if err := server.Serve(guard.listener); !errors.Is(err, http.ErrServerClosed) {
				return fmt.Errorf("serving %s: %w", listener.Addr(), err)
			}
			return nil
		})
	})
	if cfg.AnswerEarly {
		serve()
	}
	rcv, err := open(ctx)
	if err != nil {
		_ = server.Close() // the first error says why
		_ = guard.listener.Close()
		err = errors.Join(err, g.Wait())
		if ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
			return nil // it was told to stop while it waited for the store
		}
		return err
	}
	running, stop := context.WithCancel(lasting)
	defer stop()
	g.Go(func() error { return rcv.Run(running) })
	s.receiver.Store(rcv)
	serve()
	if cfg.Ready != nil {
		cfg.Ready()
	}
	select {
	case <-ctx.Done():
		rcv.Drain()
		pause(serving, cfg.Drain)
	case <-serving.Done():
	}
	s.stopServing(lasting, server, giveUp)
	stop()
	return g.Wait()
}

// stopServing stops the server when every request is answered, or when that
// takes too long.
func (s *site) stopServing(ctx context.Context, server *http.Server, giveUp func()) {
	timer := time.AfterFunc(answerPatience, giveUp)
	defer timer.Stop()
	ctx, cancel := context.WithTimeout(ctx, stopPatience)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		s.cfg.Log.WarnContext(ctx, "gave up on requests that are still being sent", "error", err)
		_ = server.Close() // nobody waits for an answer
	}
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

// site is what is served.
type site struct {
	cfg      Config
	routes   http.Handler
	endpoint http.Handler
	receiver atomic.Pointer[receiver.Receiver] // nil while its store is opened
}
