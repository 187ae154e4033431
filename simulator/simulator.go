// Package simulator puts the parts of the simulated Web Scraper Cloud together
// and runs them: its store, its HTTP API, the clock that its jobs live by, and
// the sender of its notifications. It is wiring; each part has a package of its
// own.
package simulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/scrapehook/scrapehook/simulator/api"
	"github.com/scrapehook/scrapehook/simulator/cloud"
	"github.com/scrapehook/scrapehook/simulator/delivery"
	"github.com/scrapehook/scrapehook/webhook"
)

// Config says what to simulate. Token and JobTime are required.
type Config struct {
	// Listen is the API's address; empty is a free port of 127.0.0.1. Other
	// machines may only call if AllowRemote is set.
	Listen      string
	AllowRemote bool
	// Token is what every call of the API must bear.
	Token string
	// Endpoints are the URLs that ended jobs are notified to.
	Endpoints []string
	// Seed decides every generated value and outcome.
	Seed uint64
	// Profile of the sender's rules; the zero value is the 2020 profile.
	Profile webhook.Profile
	// JobTime is how long a job that was created over the API takes from its
	// creation to its end.
	JobTime time.Duration
	// Rows are what such a job collects. One that fails or is stopped gets half
	// of them.
	Rows int
	// Outcomes are how such jobs end; none is always finished.
	Outcomes Mix
	// OnCall and OnAttempt are told of the API's calls, as [api.Config] says,
	// and of the attempts to notify, as [delivery.Config] says. OnError is told
	// of a job that could not go on or be notified. They are called by many
	// goroutines. Nil: nobody watches.
	OnCall    func(api.Call)
	OnAttempt func(delivery.Attempt)
	OnError   func(error)
}

// ErrListen means that the API's address could not be opened.
var ErrListen = errors.New("opening the API's address")

// Simulator is a cloud that runs. Its parts may be used while it does.
type Simulator struct {
	Cloud  *cloud.Cloud
	Sender *delivery.Sender

	listener  net.Listener
	handler   http.Handler
	lifecycle *lifecycle
	endpoints []string
}

// New puts a simulator together and opens its address, at which connections
// wait until Run is called; without Run, Close frees it. An address that can't
// be opened is ErrListen, any other error is of the configuration.
func New(ctx context.Context, cfg Config) (*Simulator, error) {
	if cfg.Profile.Name == "" {
		cfg.Profile = webhook.Profile2020()
	}
	if cfg.Listen == "" {
		cfg.Listen = "127.0.0.1:0"
	}
	if cfg.OnError == nil {
		cfg.OnError = func(error) {}
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	s := &Simulator{endpoints: cfg.Endpoints}
	if err := s.assemble(cfg); err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrListen, err)
	}
	s.listener = listener
	return s, nil
}

func (cfg Config) check() error {
	host, _, err := net.SplitHostPort(cfg.Listen)
	if err != nil {
		return fmt.Errorf("the address to listen on is %q, and must be HOST:PORT", cfg.Listen)
	}
	ip := net.ParseIP(host)
	if loopback := host == "localhost" || (ip != nil && ip.IsLoopback()); !loopback && !cfg.AllowRemote {
		return fmt.Errorf("%s would let other machines in: listen on 127.0.0.1, or allow it (--allow-remote)", cfg.Listen)
	}
	for _, url := range cfg.Endpoints {
		if err := delivery.CheckURL(url); err != nil {
			return fmt.Errorf("the endpoint: %w", err)
		}
	}
	if cfg.JobTime <= 0 {
		return fmt.Errorf("the time of a job is %v, and must be above 0", cfg.JobTime)
	}
	if cfg.Rows < 0 {
		return fmt.Errorf("a job can't have %d rows", cfg.Rows)
	}
	return cfg.Outcomes.check(cfg.Profile)
}

// assemble makes the parts and plugs them together.
func (s *Simulator) assemble(cfg Config) (err error) {
	s.Sender, err = delivery.New(delivery.Config{Profile: cfg.Profile, OnAttempt: cfg.OnAttempt})
	if err != nil {
		return err
	}
	s.Cloud, err = cloud.New(cloud.Config{Seed: cfg.Seed, Profile: cfg.Profile, Notify: s.notify})
	if err != nil {
		return err
	}
	s.lifecycle = newLifecycle(s.Cloud, cfg)
	s.handler, err = api.New(api.Config{
		Cloud: s.Cloud, Token: cfg.Token, Observe: cfg.OnCall, JobCreated: s.lifecycle.add,
	})
	return err
}

// notify hands a notification to the sender, for every endpoint.
func (s *Simulator) notify(n webhook.Notification) error {
	var failed []error
	for _, url := range s.endpoints {
		if _, err := s.Sender.Send(url, n); err != nil {
			failed = append(failed, fmt.Errorf("to %s: %w", url, err))
		}
	}
	return errors.Join(failed...)
}

// BaseURL is where the API is, with a slash at its end.
func (s *Simulator) BaseURL() string { return "http://" + s.listener.Addr().String() + api.Path }

// Unended returns how many jobs that were created over the API have not ended.
func (s *Simulator) Unended() int { return s.lifecycle.len() }

// Close frees the address of a simulator that is never run.
func (s *Simulator) Close() error { return s.listener.Close() }

// stopPatience is how long a stop waits for the API's calls under way. Normal
// calls end in it, long downloads are cut.
const stopPatience = time.Second

// Run serves the API, lets jobs live and sends notifications, until ctx ends or
// the API can't be served any more, and returns when everything has stopped.
// Only the latter is an error. What is left undone then is told by Unended
// and the sender's Pending. It can be called once.
func (s *Simulator) Run(ctx context.Context) error {
	// The calls end by a context of their own, some time after ctx.
	calls, endCalls := context.WithCancel(context.WithoutCancel(ctx))
	defer endCalls()
	server := &http.Server{
		Handler:           s.handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		BaseContext:       func(net.Listener) context.Context { return calls },
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.Sender.Run(ctx) })
	g.Go(func() error {
		s.lifecycle.run(ctx)
		return nil
	})
	g.Go(func() error {
		if err := server.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serving the API: %w", err)
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		if !shutdown(calls, server) {
			endCalls()
			if !shutdown(context.WithoutCancel(calls), server) {
				_ = server.Close() // what is left reads from a client that is silent
			}
		}
		return nil
	})
	return g.Wait()
}

// shutdown takes no more calls and reports whether those under way ended in
// time.
func shutdown(ctx context.Context, server *http.Server) bool {
	patience, done := context.WithTimeout(ctx, stopPatience)
	defer done()
	return server.Shutdown(patience) == nil
}
