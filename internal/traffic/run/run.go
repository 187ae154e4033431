// Package run sends what a script plans, at its pace. It is an open loop: the
// plan does not wait for the endpoint, and latency counts from the planned
// moment, so an endpoint that stalls can't hide it. It resends by the profile's
// rules and accounts for every planned send. How one exchange is performed is not
// its concern, see [Exchanger].
package run

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/duequeue"
	"github.com/scrapehook/scrapehook/internal/redact"
	"github.com/scrapehook/scrapehook/internal/traffic/plan"
	"github.com/scrapehook/scrapehook/internal/traffic/report"
	"github.com/scrapehook/scrapehook/webhook"
)

// Exchanger performs one exchange and returns when it has ended, how it ended
// included; the end of ctx makes it [delivery.Canceled]. It is used
// concurrently. [delivery.Client] is one.
type Exchanger interface {
	Do(ctx context.Context, r delivery.Request) delivery.Attempt
}

// dialer is an [Exchanger] that tells how many connections it has dialled, and how
// many of these only when the kernel repeated the dial.
type dialer interface{ Dials() (all, repeated int64) }

// Script is what a [Runner] sends: a [plan.Plan], or a record's replay. Job and
// AppendForm are pure functions, since they are asked again for each resend.
type Script interface {
	// Jobs yields the index and the due time of each job, in the order of time.
	Jobs() iter.Seq2[int64, time.Duration]
	Job(index int64) plan.Job
	AppendForm(dst []byte, j plan.Job, part plan.Part) []byte
}

// The bounds of a [Runner] whose [Config] names none.
const (
	DefaultConnections = 256
	DefaultBacklog     = 100_000
	DefaultMaxPending  = 10_000_000
)

// Config sets up a [Runner].
type Config struct {
	// URL is the endpoint; Script what it is sent; Profile the rules of
	// resending, which Exchanger should follow, too. All are required.
	URL       string
	Script    Script
	Profile   webhook.Profile
	Exchanger Exchanger
	// Looper, if there is one, performs a closed loop in Exchanger's place, unless
	// Announce or OnAttempt are to be called, or it can't do it here.
	Looper Looper
	// Transport names Exchanger in reports, LoopTransport Looper.
	Transport, LoopTransport string
	// ReuseForms says that Exchanger does not look at a body any more when an
	// exchange is over, so that forms need no memory of their own.
	ReuseForms bool
	// Slow performs the exchanges of jobs that are [plan.Slow]. Required where the
	// script has some.
	Slow Exchanger
	// Connections is the most exchanges under way at once; 0 is
	// [DefaultConnections].
	Connections int
	// Backlog is the most sends that are due and wait for a connection; 0 is
	// [DefaultBacklog]. A send beyond it is dropped.
	Backlog int
	// MaxPending is the most sends that are not due yet; 0 is
	// [DefaultMaxPending]. A resend beyond it is dropped.
	MaxPending int
	// Closed sends each job as soon as a connection is free, whatever the script
	// says of its time, for at most Span (0 is no bound). What is planned then
	// is what is sent, except for resends.
	Closed bool
	Span   time.Duration
	// Warmup is how long after the start a job still belongs to the warm-up: it
	// is sent like any other, and counted apart.
	Warmup time.Duration
	// Start is the moment from which the script's times count; zero is when Run
	// is called.
	Start time.Time
	// Announce is told of each notification before its first attempt; an error
	// ends the run. OnAttempt is told of each attempt that has ended. Both are
	// called concurrently, hold up a connection while they take, and may be nil.
	Announce  func(plan.Job, plan.Part) error
	OnAttempt func(report.Attempt)
}

func (cfg Config) check() error {
	if err := delivery.CheckURL(cfg.URL); err != nil {
		return err
	}
	switch {
	case cfg.Script == nil || cfg.Exchanger == nil:
		return errors.New("a script and an exchanger are required")
	case cfg.Profile.MaxAttempts != 1 && len(cfg.Profile.ResendDelays) == 0:
		return fmt.Errorf("profile %q resends, but has no resend delay", cfg.Profile.Name)
	case cfg.Connections < 0 || cfg.Backlog < 0 || cfg.MaxPending < 0:
		return errors.New("a bound is negative")
	case cfg.Warmup < 0 || cfg.Span < 0:
		return errors.New("a duration is negative")
	}
	return nil
}

// Runner sends a script. Its Progress and Report may be called while it runs.
type Runner struct {
	cfg     Config
	tallies report.Tallies
	ready   chan entry    // due, and waiting for a connection
	wake    chan struct{} // has a token when the schedule has something new to look at
	cancel  context.CancelFunc
	// connections are all that send.
	connections sync.WaitGroup

	looped      atomic.Bool  // exchanges are a Looper's
	jobs        atomic.Int64 // handed out
	outstanding atomic.Int64 // sends that are due and have not ended
	exhausted   atomic.Bool  // the script has no job left

	next func() (index int64, at time.Duration, ok bool) // the script's next job, of an open loop

	scriptMu sync.Mutex
	batches  chan []int64 // of the script's jobs, for a closed loop
	batch    []int64      // what is left of the last one

	mu          sync.Mutex
	start       time.Time
	ended       time.Time
	interrupted bool
	failure     error                 // the first one of Announce
	pending     duequeue.Queue[entry] // what is not due yet
}

// New returns a runner. An error is a setting that makes no sense.
func New(cfg Config) (*Runner, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("setting up the traffic: %w", err)
	}
	if cfg.Connections == 0 {
		cfg.Connections = DefaultConnections
	}
	if cfg.Backlog == 0 {
		cfg.Backlog = DefaultBacklog
	}
	if cfg.MaxPending == 0 {
		cfg.MaxPending = DefaultMaxPending
	}
	r := &Runner{cfg: cfg, tallies: report.NewTallies(), wake: make(chan struct{}, 1)}
	r.ready = make(chan entry, cfg.Backlog)
	if cfg.Closed {
		r.ready = make(chan entry, cfg.Connections) // of resends: each takes one before a job
	}
	return r, nil
}

// Run sends the script and returns when every notification has ended, or when
// ctx ends. Then nothing new is sent, what is under way is canceled, and what
// was measured stays. An error is one of Announce, or of ours: totals that do
// not add up. It can be called once.
func (r *Runner) Run(ctx context.Context) error {
	ctx, r.cancel = context.WithCancel(ctx)
	defer r.cancel()
	r.mu.Lock()
	r.start = r.cfg.Start
	if now := time.Now(); r.start.IsZero() {
		r.start = now
	} else {
		r.start = now.Add(r.start.Sub(now)) // measured by the monotonic clock
	}
	r.mu.Unlock()

	var stop func()
	if r.cfg.Closed {
		stop = r.feed(ctx)
	} else {
		r.next, stop = iter.Pull2(r.cfg.Script.Jobs())
	}
	r.connect(ctx)
	whole := r.schedule(ctx)
	close(r.ready)
	r.connections.Wait()
	stop()

	r.mu.Lock()
	r.ended = time.Now()
	r.interrupted = !whole
	for _, e := range r.pending.All() {
		r.leave(e, r.tallies.Of(0))
	}
	r.pending = duequeue.Queue[entry]{}
	failure := r.failure
	r.mu.Unlock()
	p := r.tallies.Progress()
	return errors.Join(failure, p.Counts.Check(), p.Warm.Check())
}

// fail ends the run because of an error.
func (r *Runner) fail(err error) {
	r.mu.Lock()
	if r.failure == nil {
		r.failure = err
	}
	r.mu.Unlock()
	r.cancel()
}

// since is the time since the start; negative before it.
func (r *Runner) since() time.Duration { return time.Since(r.start) }

// Progress returns where the run stands.
func (r *Runner) Progress() report.Progress {
	p := r.tallies.Progress()
	p.Jobs, p.Waiting = r.jobs.Load(), len(r.ready)
	r.mu.Lock()
	defer r.mu.Unlock()
	p.Pending = r.pending.Len()
	switch {
	case r.start.IsZero():
	case r.ended.IsZero():
		p.Elapsed = r.since()
	default:
		p.Elapsed = r.ended.Sub(r.start)
	}
	return p
}

// Latency returns the latency of all attempts so far.
func (r *Runner) Latency() report.Latency { return r.tallies.Latency() }

// Report returns what came of the run, of a plan that is described by scheme.
// It may be called while the runner runs.
func (r *Runner) Report(scheme plan.Scheme) report.Report {
	r.mu.Lock()
	result := report.Report{
		Schema: report.Schema, URL: redact.URL(r.cfg.URL), Profile: r.cfg.Profile.Name, Transport: r.transport(), Plan: scheme,
		Started: r.start, Interrupted: r.interrupted,
	}
	if result.Interrupted && scheme.Jobs > 0 {
		result.NotDue = plan.Share(scheme.Jobs, scheme.Shard, scheme.Shards) - r.jobs.Load()
	}
	r.mu.Unlock()
	result.DurationS = max(0, r.Progress().Elapsed.Seconds())
	result.Connections.Most = r.cfg.Connections
	if d, ok := r.cfg.Exchanger.(dialer); ok {
		result.Connections.Dialled, result.Connections.Repeated = d.Dials()
	}
	result.Sends.Closed = r.cfg.Closed
	r.tallies.AddTo(&result)
	return result
}
