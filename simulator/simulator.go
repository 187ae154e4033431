// Package simulator puts the parts of the simulated Web Scraper Cloud together
// and runs them: its store, its HTTP API, the clock that its jobs live by, and
// the sender of its notifications. It is wiring; each part has a package of its
// own.
package simulator

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/scrapehook/scrapehook/internal/loopback"
	"github.com/scrapehook/scrapehook/simulator/api"
	"github.com/scrapehook/scrapehook/simulator/clock"
	"github.com/scrapehook/scrapehook/simulator/cloud"
	"github.com/scrapehook/scrapehook/simulator/control"
	"github.com/scrapehook/scrapehook/simulator/delivery"
	"github.com/scrapehook/scrapehook/simulator/fault"
	"github.com/scrapehook/scrapehook/simulator/state"
	"github.com/scrapehook/scrapehook/webhook"
)

// Config says what to simulate. Token and JobTime are required.
type Config struct {
	// Listen is the API's address; empty is a free port of 127.0.0.1. Other
	// machines may only call if AllowRemote is set, and the control API only if
	// AllowRemoteControl is.
	Listen                          string
	AllowRemote, AllowRemoteControl bool
	// TLS, if not nil, makes the API answer https.
	TLS *tls.Config
	// Token is what every call of the API must bear.
	Token string
	// RateLimit of the API's calls; the zero value is off.
	RateLimit api.RateLimit
	// Faults of the API from the start.
	Faults []fault.Rule
	// Endpoints are the URLs that ended jobs are notified to.
	Endpoints []string
	// MaxPending bounds the notifications that the sender holds, see
	// [delivery.Config]; what it refuses waits with its job.
	MaxPending int
	// Seed decides every generated value and outcome. AnySeed says that the
	// one of State may take its place.
	Seed    uint64
	AnySeed bool
	// Profile of the sender's rules; the zero value is the 2020 profile.
	Profile webhook.Profile
	// JobTime is about how long a job takes from its creation to its end.
	JobTime time.Duration
	// TimeScale is how many simulated seconds pass in a real one; 0 is 1. Jobs,
	// schedulers and resends live by them, attempts do not.
	TimeScale float64
	// Rows are what a job collects whose pages are all full.
	Rows int
	// Turnouts say how start pages turn out, and Outcomes how jobs end whose
	// pages are all full; none is always finished.
	Turnouts cloud.Turnouts
	Outcomes Mix
	// Records are users' own rows, by sitemap name; see [cloud.Config].
	Records map[string]*cloud.RecordFile
	// State is the path of a file that everything lasts in; empty: nothing
	// outlives the process.
	State string
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
	// Seed is the one in use.
	Seed uint64

	cfg        Config
	listener   net.Listener
	handler    http.Handler
	state      *state.File // nil: nothing lasts
	clock      *clock.Clock
	lifecycle  *lifecycle
	faults     *fault.Plan
	endpoints  control.Endpoints
	deliveries control.Deliveries
	running    atomic.Bool
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
	if cfg.TimeScale == 0 {
		cfg.TimeScale = 1
	}
	s := &Simulator{cfg: cfg}
	if err := s.assemble(ctx); err != nil {
		return nil, errors.Join(err, s.closeState())
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %w", ErrListen, err), s.closeState())
	}
	if s.listener = listener; cfg.TLS != nil {
		s.listener = tls.NewListener(listener, cfg.TLS)
	}
	return s, nil
}

func (cfg Config) check() error {
	host, _, err := net.SplitHostPort(cfg.Listen)
	if err != nil {
		return fmt.Errorf("the address to listen on is %q, and must be HOST:PORT", cfg.Listen)
	}
	if !loopback.Host(host) && !cfg.AllowRemote {
		return fmt.Errorf("%s would let other machines in: listen on 127.0.0.1, or allow it (--allow-remote)", cfg.Listen)
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
func (s *Simulator) assemble(ctx context.Context) (err error) {
	ctx = context.WithoutCancel(ctx) // what happens during a stop is to last too
	cfg := &s.cfg
	if err := s.endpoints.Set(cfg.Endpoints); err != nil {
		return err
	}
	if err := s.openState(ctx); err != nil {
		return err
	}
	s.Seed = cfg.Seed
	s.faults = fault.NewPlan(cfg.Seed)
	for _, rule := range cfg.Faults {
		if _, err := s.faults.Add(rule); err != nil {
			return err
		}
	}
	if err := s.startClock(ctx); err != nil {
		return err
	}
	if err := s.makeSender(ctx); err != nil {
		return err
	}
	kind := cloud.Config{
		Seed: cfg.Seed, Profile: cfg.Profile, Notify: s.notify, Now: s.clock.Now,
		Rows: cfg.Rows, Turnouts: cfg.Turnouts, Records: cfg.Records,
	}
	if s.state != nil {
		kind.Keep = func(changes ...cloud.Change) error { return s.state.Keep(ctx, changes...) }
	}
	if s.Cloud, err = cloud.New(kind); err != nil {
		return err
	}
	s.lifecycle = newLifecycle(s.Cloud, s.clock, *cfg)
	if err := s.restore(ctx); err != nil {
		return err
	}
	s.handler, err = s.serve(ctx)
	return err
}

// serve makes the handler of both APIs.
func (s *Simulator) serve(ctx context.Context) (http.Handler, error) {
	vendors, err := api.New(api.Config{
		Cloud: s.Cloud, Token: s.cfg.Token, RateLimit: s.cfg.RateLimit, Observe: s.cfg.OnCall,
		Fault:      func(c api.Call) fault.Fault { return s.faults.For(c.Route, c.JobID) },
		JobCreated: s.lifecycle.watch, SchedulerEnabled: s.lifecycle.watchScheduler,
	})
	if err != nil {
		return nil, err
	}
	ours := control.New(control.Config{
		Seed: s.Seed, Profile: s.cfg.Profile, Cloud: s.Cloud, Sender: s.Sender, Clock: s.clock, Faults: s.faults,
		Client:    &delivery.Client{Profile: s.cfg.Profile},
		Endpoints: &s.endpoints, Deliveries: &s.deliveries,
		JobChanged: s.lifecycle.watch, Reset: func() error { return s.reset(ctx) }, Ready: s.running.Load,
		AllowRemote: s.cfg.AllowRemoteControl,
	})
	// Not http.ServeMux: it would redirect odd paths, which the vendor's API
	// does not know.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, control.Path) {
			ours.ServeHTTP(w, r)
			return
		}
		vendors.ServeHTTP(w, r)
	}), nil
}

// reset empties the cloud, the sender and the plan of faults.
func (s *Simulator) reset(ctx context.Context) error {
	s.faults.Clear()
	s.Sender.Clear()
	s.deliveries.Clear()
	if err := s.Cloud.Reset(); err != nil {
		return err
	}
	if s.state != nil {
		return s.state.Reset(ctx)
	}
	return nil
}

// notify hands a notification to the sender, for every endpoint.
func (s *Simulator) notify(n webhook.Notification) error {
	var failed []error
	for i, url := range s.endpoints.URLs() {
		if _, err := s.Sender.Send(url, n); err != nil {
			failed = append(failed, fmt.Errorf("to endpoint %d: %w", i+1, err)) // its URL may bear a secret
		}
	}
	return errors.Join(failed...)
}

// BaseURL is where the API is, with a slash at its end.
func (s *Simulator) BaseURL() string { return s.url() + api.Path }

// ControlURL is where the control API is, with a slash at its end.
func (s *Simulator) ControlURL() string { return s.url() + control.Path }

func (s *Simulator) url() string {
	scheme := "http://"
	if s.cfg.TLS != nil {
		scheme = "https://"
	}
	return scheme + s.listener.Addr().String()
}

// Unended returns how many jobs have not ended.
func (s *Simulator) Unended() int {
	_, jobs := s.Cloud.Count()
	unended := 0
	for status, n := range jobs {
		if !status.Ended() {
			unended += n
		}
	}
	return unended
}

// Close frees the address and the state of a simulator that is never run.
func (s *Simulator) Close() error { return errors.Join(s.listener.Close(), s.closeState()) }

// stopPatience is how long a stop waits for the API's calls under way. Normal
// calls end in it, long downloads are cut.
const stopPatience = time.Second

// Run serves the API, lets jobs live and sends notifications, until ctx ends or
// the API can't be served any more, and returns when everything has stopped.
// Only the latter, and a state file that can't be written any more, is an error.
// What is left undone then is told by Unended
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
	s.running.Store(true)
	defer s.running.Store(false)
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
	return errors.Join(g.Wait(), s.closeState())
}

// shutdown takes no more calls and reports whether those under way ended in
// time.
func shutdown(ctx context.Context, server *http.Server) bool {
	patience, done := context.WithTimeout(ctx, stopPatience)
	defer done()
	return server.Shutdown(patience) == nil
}
