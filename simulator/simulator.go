// Package simulator puts the parts of the simulated Web Scraper Cloud together
// and runs them: the cloud with its jobs, its HTTP API, the clock that jobs live
// by, and the sender of their notifications. It is wiring; each part has a
// package of its own. [Start] is for Go tests of a receiver.
package simulator

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/scrapehook/scrapehook/internal/api"
	"github.com/scrapehook/scrapehook/internal/clock"
	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/delivery/history"
	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/simulator/internal/console"
	"github.com/scrapehook/scrapehook/simulator/internal/control"
	"github.com/scrapehook/scrapehook/simulator/internal/dispatch"
	"github.com/scrapehook/scrapehook/simulator/internal/guard"
	"github.com/scrapehook/scrapehook/simulator/internal/state"
	"github.com/scrapehook/scrapehook/webhook"
)

// ErrListen means that the API's address could not be opened.
var ErrListen = errors.New("opening the API's address")

// Simulator is a cloud that runs. Its parts may be used while it does.
type Simulator struct {
	// Seed is the one in use.
	Seed uint64

	cfg      Config
	cloud    *cloud.Cloud
	sender   *delivery.Sender
	listener net.Listener
	handler  http.Handler
	state    *state.File // nil: nothing lasts
	stall    *stall
	clock    *clock.Clock
	faults   *fault.Plan
	mishaps  *fault.SenderPlan
	history  *history.History
	running  atomic.Bool
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
	if err := cfg.check(); err != nil {
		return nil, err
	}
	s := &Simulator{cfg: cfg, history: history.New(0, 0), stall: newStall(cfg.OnStall)}
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

// assemble makes the parts and plugs them together.
func (s *Simulator) assemble(ctx context.Context) (err error) {
	ctx = context.WithoutCancel(ctx) // what happens during a stop is to last too
	if err := s.openState(ctx); err != nil {
		return err
	}
	cfg := &s.cfg
	s.Seed = cfg.Seed
	s.faults = fault.NewPlan(cfg.Seed)
	for _, rule := range cfg.Faults {
		if _, err := s.faults.Add(rule); err != nil {
			return err
		}
	}
	s.mishaps = fault.NewSenderPlan(cfg.Seed)
	for _, rule := range cfg.SenderFaults {
		if _, err := s.mishaps.Add(rule); err != nil {
			return err
		}
	}
	if err := s.startClock(ctx); err != nil {
		return err
	}
	if err := s.makeCloud(ctx); err != nil {
		return err
	}
	if err := s.addSitemaps(); err != nil {
		return err
	}
	if err := s.makeSender(ctx); err != nil {
		return err
	}
	s.handler, err = s.serve()
	return err
}

// makeCloud makes the cloud, with what the last process has left.
func (s *Simulator) makeCloud(ctx context.Context) (err error) {
	cfg := cloud.Config{
		Seed: s.cfg.Seed, Profile: s.cfg.Profile, Endpoints: s.cfg.Endpoints, Clock: s.clock,
		JobTime: s.cfg.JobTime, EndStatuses: s.cfg.EndStatuses, Rows: s.cfg.Rows,
		Turnouts: s.cfg.Turnouts, Records: s.cfg.Records, Sitemaps: s.cfg.Sitemaps, Data: s.cfg.Data, OnError: s.failed,
	}
	if s.state != nil {
		cfg.Keep = s.store(ctx).Keep
	}
	if s.cloud, err = cloud.New(cfg); err != nil || s.state == nil {
		return err
	}
	return s.loadCloud(ctx)
}

// addSitemaps adds the user's own sitemaps, unless they are there from before.
func (s *Simulator) addSitemaps() error {
	there, _ := s.cloud.Sitemaps("", 0, cloud.DefaultMax)
	for _, own := range s.cfg.Sitemaps {
		if slices.ContainsFunc(there, func(m cloud.Sitemap) bool { return m.Body == own.JSON }) {
			continue
		}
		if _, err := s.cloud.AddSitemap("", own.JSON); err != nil {
			return fmt.Errorf("adding the sitemap %q: %w", own.Name, err)
		}
	}
	return nil
}

// serve makes the handler of both APIs and of the console.
func (s *Simulator) serve() (http.Handler, error) {
	vendors, err := api.New(api.Config{
		Cloud: s.cloud, Token: s.cfg.Token, RateLimit: s.cfg.RateLimit, Observe: s.cfg.OnCall,
		Fault: func(c api.Call) fault.Fault { return s.faults.For(c.Route, c.JobID) },
	})
	if err != nil {
		return nil, err
	}
	ours := control.New(control.Config{
		Seed: s.Seed, Profile: s.cfg.Profile, Cloud: s.cloud, Sender: s.sender, Clock: s.clock, Faults: s.faults, SenderFaults: s.mishaps,
		Client: s.tester(), History: s.history,
		Reset: s.reset, Ready: s.running.Load,
		Guard: guard.Guard{Remote: s.cfg.AllowRemoteControl, Names: s.cfg.AllowHosts},
	})
	pages := console.New(console.Config{
		Profile: s.cfg.Profile, Cloud: s.cloud, Sender: s.sender, Clock: s.clock,
		Faults: s.faults, SenderFaults: s.mishaps, History: s.history, Dispatcher: dispatch.Dispatcher{Profile: s.cfg.Profile, Sender: s.sender, History: s.history},
		Client: s.tester(), Token: s.cfg.Token,
		Guard: guard.Guard{Remote: s.cfg.AllowRemoteControl, Names: s.cfg.AllowHosts},
	})
	vendors = guard.Guard{Remote: s.cfg.AllowRemote, Names: s.cfg.AllowHosts}.Wrap(vendors, s.refuse)
	// Not http.ServeMux: it would redirect odd paths, which the vendor's API
	// does not know.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, control.Path):
			ours.ServeHTTP(w, r)
		case console.Serves(r.URL.Path):
			pages.ServeHTTP(w, r)
		default:
			vendors.ServeHTTP(w, r)
		}
	}), nil
}

// tester makes test notifications, with the trust that the sender has.
func (s *Simulator) tester() *delivery.Client {
	transport := delivery.NewTransport()
	transport.TLSClientConfig = s.cfg.EndpointTLS
	return &delivery.Client{Profile: s.cfg.Profile, Transport: transport}
}

// refuse answers a call of the vendor's API that the guard does not let in, in
// the way of that API, and tells of it: a client may hide the reason.
func (s *Simulator) refuse(w http.ResponseWriter, r *http.Request, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusForbidden)
	_ = json.NewEncoder(w).Encode(map[string]any{"success": false, "error": err.Error()})
	if s.cfg.OnError != nil {
		s.cfg.OnError(fmt.Errorf("refused %s %s: %w", r.Method, r.URL.EscapedPath(), err))
	}
}

// reset empties the cloud, the sender and the plan of faults, at once: while it
// does, no verb is carried out and nothing is taken for delivery.
func (s *Simulator) reset() error {
	return s.sender.Reset(func() error {
		if err := s.cloud.Reset(); err != nil {
			return err
		}
		s.faults.Clear()
		s.mishaps.Clear()
		s.history.Clear()
		return nil
	})
}

// BaseURL is where the API is, with a slash at its end.
func (s *Simulator) BaseURL() string { return s.url() + api.Path }

// ControlURL is where the control API is, with a slash at its end.
func (s *Simulator) ControlURL() string { return s.url() + control.Path }

// ConsoleURL is where the console is, for a browser.
func (s *Simulator) ConsoleURL() string { return s.url() + "/" }

func (s *Simulator) url() string {
	scheme := "http://"
	if s.cfg.TLS != nil {
		scheme = "https://"
	}
	return scheme + s.listener.Addr().String()
}

// Unended returns how many jobs have not ended.
func (s *Simulator) Unended() int {
	_, jobs := s.cloud.Count()
	unended := 0
	for status, n := range jobs {
		if !status.Ended() {
			unended += n
		}
	}
	return unended
}

// maxListed bounds what Pending lists of the outbox.
const maxListed = 1000

// Pending lists the notifications that are neither acknowledged nor given up:
// those that the sender has taken, and the oldest of those in the outbox, which
// have no delivery number. total counts all. After Run it is what the stop has
// left undone.
func (s *Simulator) Pending() (listed []Pending, total int) {
	waiting, inOutbox := s.cloud.Waiting(0, maxListed) // first: what is taken meanwhile is listed twice, not missed
	listed = s.sender.Pending()
	total = len(listed) + inOutbox
	for _, w := range waiting {
		listed = append(listed, delivery.Pending{URL: w.Endpoint, Notification: w.Notification, Attempt: 1, Due: w.Due})
	}
	return listed, total
}

// Close frees the address and the state of a simulator that is never run.
func (s *Simulator) Close() error { return errors.Join(s.listener.Close(), s.closeState()) }

// Run serves the API, lets jobs live and sends notifications, until ctx ends or
// the API can't be served any more, and returns when everything has stopped.
// Only the latter, and a state file that can't be written at the stop, is an error.
// What is left undone then is told by Unended and Pending. It can be called once.
func (s *Simulator) Run(ctx context.Context) error {
	s.running.Store(true)
	defer s.running.Store(false)
	g, ctx := errgroup.WithContext(ctx)
	defer context.AfterFunc(ctx, s.stall.end)()
	g.Go(func() error { return s.sender.Run(ctx) })
	g.Go(func() error {
		s.cloud.Run(ctx)
		return nil
	})
	g.Go(func() error { return api.Serve(ctx, s.listener, s.handler) })
	return errors.Join(g.Wait(), s.closeState())
}
