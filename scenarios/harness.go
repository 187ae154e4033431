package scenarios

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/scrapehook/scrapehook/internal/api"
	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/records"
	"github.com/scrapehook/scrapehook/internal/redact"
	"github.com/scrapehook/scrapehook/scenarios/internal/patience"
	"github.com/scrapehook/scrapehook/scenarios/internal/process"
)

// harness is what all scenarios of a run share: a simulated cloud with its API, a
// sender, the probes, and the receiver's process when it is ours.
type harness struct {
	cfg      Config
	timing   timing
	cloud    *cloud.Cloud
	own      *records.Own
	client   *delivery.Client
	receiver receiver // nil: not ours to start and to kill
	traffic  *traffic
	rhythm   *patience.Rhythm
	ledger   ledger
	limits   patience.Limits
	reading  *semaphore.Weighted
	token    Token
	redactor redact.Redactor
	apiURL   string
	began    time.Time
	// columns is where the probes show the columns; written before anything is
	// played.
	columns map[string]string

	mortality mortality
	exchanges atomic.Uint64 // sent so far

	stopAPI func()
	// stopHandler ends Config.Handler's server; nil: there is none.
	stopHandler func()

	mu  sync.Mutex
	ids *rand.Rand // guarded by mu
	got map[int64]bool
}

// receiver is a receiver that a run may start and kill.
type receiver interface {
	// Start returns when the receiver answers.
	Start(ctx context.Context) error
	// Kill ends it as a crash would, and may be called from anywhere.
	Kill()
	// Crash kills it and returns when all of it is gone.
	Crash(ctx context.Context) error
	// Stop asks it to end and returns when it has; or leaves it to its owner.
	Stop(ctx context.Context) error
	// OnDeath has tell called when it ends by itself.
	OnDeath(tell func(how string))
	// Log is what it printed, and what happened to it.
	Log() *process.Log
}

// newHarness opens the user's own files and the simulated API. The receiver is not
// started yet.
func newHarness(ctx context.Context, cfg Config) (*harness, error) {
	// Prices that are numbers, because some receivers have a column for these.
	data := records.Options{Currency: "none"}
	own, err := openOwn(cfg, data)
	if err != nil {
		return nil, &ConfigError{err}
	}
	h, err := openHarness(ctx, cfg, own, data)
	if err != nil {
		own.Close()
	}
	return h, err
}

func openHarness(ctx context.Context, cfg Config, own *records.Own, data records.Options) (*harness, error) {
	if len(own.Sitemaps) > 0 {
		cfg.SitemapName = cmp.Or(cfg.SitemapName, own.Sitemaps[0].Name)
	}
	world, err := cloud.New(cloud.Config{Seed: cfg.Seed, Profile: cfg.Profile, Sitemaps: own.Sitemaps, Records: own.Files, Data: data})
	if err != nil {
		return nil, fmt.Errorf("making the simulated cloud: %w", err)
	}
	rhythm := &patience.Rhythm{}
	transport := delivery.NewTransport()
	transport.TLSClientConfig = cfg.EndpointTLS
	h := &harness{
		cfg:     cfg,
		columns: maps.Clone(cfg.ProbeMap),
		began:   time.Now(),
		timing:  cfg.timing(),
		cloud:   world,
		own:     own,
		client:  &delivery.Client{Profile: cfg.Profile, Transport: transport},
		traffic: newTraffic(rhythm),
		rhythm:  rhythm,
		limits:  cfg.limits,
		reading: semaphore.NewWeighted(readsAtOnce),
		token:   cfg.Token,
		ids:     rand.New(rand.NewPCG(cfg.Seed, 0)), //nolint:gosec // repeatable, not secret
		got:     map[int64]bool{},

		redactor: redactorOf(cfg),
	}
	handler, err := api.New(api.Config{
		Cloud: world, Token: cfg.APIToken, Fault: h.traffic.fault, Observe: h.traffic.observe,
	})
	if err != nil {
		return nil, fmt.Errorf("making the simulated API: %w", err)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", cfg.APIListen)
	if err != nil {
		return nil, fmt.Errorf("opening the simulated API: %w", err)
	}
	scheme := "http://"
	if cfg.APITLS != nil {
		scheme, listener = "https://", tls.NewListener(listener, cfg.APITLS)
	}
	h.serveAPI(ctx, listener, handler)
	if h.apiURL = cfg.APIURL; h.apiURL == "" {
		h.apiURL = scheme + listener.Addr().String() + APIPath
	}
	h.receiver = h.newReceiver()
	if cfg.Handler != nil {
		if err := h.serveHandler(ctx); err != nil {
			h.stopAPI()
			return nil, err
		}
	}
	return h, nil
}

// serveHandler serves the receiver under test until stopHandler is called,
// which waits for its answers, but not for long.
func (h *harness) serveHandler(ctx context.Context) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("serving the handler: %w", err)
	}
	h.cfg.Endpoint = "http://" + listener.Addr().String() + h.cfg.Endpoint
	server := &http.Server{
		Handler:           h.cfg.Handler(API{URL: h.apiURL, Token: h.cfg.APIToken}),
		ReadHeaderTimeout: 10 * time.Second,
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // ends with ErrServerClosed, by stopHandler alone
	}()
	h.stopHandler = func() {
		const grace = 5 * time.Second
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		if server.Shutdown(ctx) != nil {
			_ = server.Close() // an answer that hangs has been judged
		}
		<-done
	}
	return nil
}

func (h *harness) newReceiver() receiver {
	cfg := process.Config{
		Command: h.cfg.Run,
		Program: h.cfg.Program,
		Env: append([]string{
			"PORT=" + port(h.cfg.Endpoint),
			"WEBSCRAPER_API_BASE_URI=" + h.apiURL,
			"WEBSCRAPER_API_TOKEN=" + h.cfg.APIToken,
		}, h.cfg.RunEnv...),
		Endpoint:     h.cfg.Endpoint,
		StartTimeout: h.cfg.StartTimeout,
	}
	switch {
	case h.cfg.runs():
		return process.New(cfg)
	case h.cfg.KillCommand != "":
		return process.NewExternal(cfg, h.cfg.StartCommand, h.cfg.KillCommand)
	}
	return nil
}

// serveAPI serves until stopAPI is called, which ends every open call. The end
// of ctx does not: the receiver may need the API to stop in good order.
func (h *harness) serveAPI(ctx context.Context, listener net.Listener, handler http.Handler) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(api.Listen(listener)) // ends with ErrServerClosed, by stopAPI alone
	}()
	h.stopAPI = func() {
		cancel()
		_ = server.Close()
		<-done
	}
}

// close stops the receiver, if it is ours, and the API; also when ctx has
// ended.
func (h *harness) close(ctx context.Context) error {
	var err error
	if h.receiver != nil {
		h.receiver.OnDeath(nil)
		h.mortality.owner.Wait()
		err = h.receiver.Stop(context.WithoutCancel(ctx))
	}
	if h.stopHandler != nil {
		h.stopHandler()
	}
	h.stopAPI()
	h.own.Close()
	return err
}

// ErrUnreachable means that nothing answers at the endpoint.
var ErrUnreachable = errors.New("the endpoint cannot be reached")

// open starts the receiver, if it is ours, and makes sure that there is any
// answer at the endpoint.
func (h *harness) open(ctx context.Context) error {
	if h.receiver != nil {
		return h.receiver.Start(ctx)
	}
	if !process.Answers(ctx, h.cfg.Endpoint) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w: no HTTP answer at %s; is the receiver running?", ErrUnreachable, h.cfg.Endpoint)
	}
	return h.awaitReady(ctx)
}

// awaitReady waits until a proxy before the receiver has something to pass
// requests to, but no longer than the start timeout: what it answers then is
// looked at as it is.
func (h *harness) awaitReady(ctx context.Context) error {
	limit := time.Now().Add(h.cfg.StartTimeout)
	for !process.Ready(ctx, h.cfg.Endpoint) && time.Now().Before(limit) {
		if err := sleep(ctx, h.timing.poll); err != nil {
			return err
		}
	}
	return nil
}

// newID returns an id below 2^31 that this run has not used yet.
func (h *harness) newID() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		const low = 1 << 20 // ids of one and two digits are easily mixed up in evidence
		id := low + h.ids.Int64N(1<<31-low)
		if !h.got[id] {
			h.got[id] = true
			return id
		}
	}
}

// exchange performs one attempt and records it. Answers that repeat a secret don't
// do so to whoever looks at them later.
func (d *Driver) exchange(ctx context.Context, label string, job int64, r delivery.Request) (delivery.Attempt, *transcript) {
	h, t := d.harness, &transcript{}
	h.awaitAlive(ctx) // a request to a receiver that is being started would say nothing
	ended := h.sending(d.scenario, label)
	a := h.client.Do(delivery.WithTap(ctx, t.tap), r)
	ended(a.Status != 0)
	h.answered(job, a)
	if h.cfg.Sent != nil {
		h.cfg.Sent(job, r, a)
	}
	a.Body = []byte(h.redactor.Values(string(a.Body)))
	return a, t
}

// answered notes the end of an exchange about a job.
func (h *harness) answered(job int64, a delivery.Attempt) {
	h.traffic.answered(job, a.Ended)
	if a.Status >= 200 && a.Status <= 299 {
		h.rhythm.Acknowledged(job, a.Ended)
	}
}
