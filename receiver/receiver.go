// Package receiver is a receiver of Web Scraper Cloud's webhook that loses
// nothing and doubles nothing.
//
// Its handler puts each notification on stable storage and answers; whatever
// else there is to do is done later, from there. The importer asks the cloud
// for the state of each job that was notified of, downloads its rows, and
// replaces the job's rows in the sink together with a record of the state that
// they belong to. No delivery id is on the wire, so it is that record which
// makes a resend harmless and a continued job's notification count.
//
// The package holds the protocol's logic only. Where notifications and rows
// are kept is behind [Store] and [Sink]; package sqlstore is one of each.
package receiver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// The defaults of [Config].
const (
	DefaultMaxBody     = 64 << 10 // a notification is about 100 bytes
	DefaultQueue       = 4096
	DefaultBatch       = 512
	DefaultWorkers     = 4
	DefaultLease       = 15 * time.Second
	DefaultMaxDownload = 16 << 30
)

// Config is what a [Receiver] is made of. Store, Sink and Cloud are required;
// they stay the caller's to close, after Run has returned.
type Config struct {
	Store Store
	Sink  Sink
	Cloud Cloud

	// Tokens are the secrets of which one must be in the endpoint's URL, as the
	// query parameter or the route's variable [TokenParam]; several at once
	// allow for a rotation. None: everyone may notify. A notification only ever
	// makes the receiver ask the cloud, so what a forged one costs is calls.
	Tokens []string
	// MaxBody caps the form, in bytes; 0 is [DefaultMaxBody].
	MaxBody int64
	// Queue is how many notifications may wait for their commit; beyond it the
	// answer is 503. 0 is [DefaultQueue].
	Queue int
	// Batch is how many notifications one transaction may take; 0 is
	// [DefaultBatch].
	Batch int

	// Workers is how many imports are worked on at once; 0 is [DefaultWorkers].
	Workers int
	// Lease is how long an import stays a dead worker's; 0 is [DefaultLease].
	Lease time.Duration
	// SpoolDir is where downloads are kept until they are whole; "" is
	// [os.TempDir].
	SpoolDir string
	// MaxDownload caps one download, in bytes; 0 is [DefaultMaxDownload].
	MaxDownload int64
	// ImportFailed imports the rows of failed jobs too, marked as partial.
	ImportFailed bool
	// DeleteAfterImport deletes a job at the cloud once its rows are on stable
	// storage, unless it failed.
	DeleteAfterImport bool

	// Log is where the receiver says what it does; nil is [slog.Default].
	Log *slog.Logger
}

// Receiver receives notifications and imports their jobs. Before Run its
// handler's requests wait; after Run they are answered 503.
type Receiver struct {
	handler  http.Handler
	inbox    *inbox
	importer *importer
	started  atomic.Bool
}

// New checks cfg and returns a receiver. It touches neither store nor cloud.
func New(cfg Config) (*Receiver, error) {
	if err := cfg.complete(); err != nil {
		return nil, fmt.Errorf("configuring the receiver: %w", err)
	}
	importer := &importer{
		store:        cfg.Store,
		sink:         cfg.Sink,
		cloud:        cfg.Cloud,
		workers:      cfg.Workers,
		ttl:          cfg.Lease,
		spoolDir:     cfg.SpoolDir,
		maxDownload:  cfg.MaxDownload,
		importFailed: cfg.ImportFailed,
		deleteAfter:  cfg.DeleteAfterImport,
		log:          cfg.Log,
		wake:         make(chan struct{}, 1),
	}
	inbox := newInbox(cfg.Store, cfg.Queue, cfg.Batch, importer.notify)
	return &Receiver{
		handler:  newHandler(inbox.put, cfg.MaxBody, cfg.Tokens, cfg.Log),
		inbox:    inbox,
		importer: importer,
	}, nil
}

// complete fills in the defaults and refuses what can't be meant.
func (c *Config) complete() error {
	if c.Store == nil || c.Sink == nil || c.Cloud == nil {
		return errors.New("a store, a sink and a cloud are required")
	}
	if slices.Contains(c.Tokens, "") {
		return errors.New("a secret token is empty")
	}
	if c.MaxBody < 0 || c.Queue < 0 || c.Batch < 0 || c.Workers < 0 || c.Lease < 0 || c.MaxDownload < 0 {
		return errors.New("a limit is negative")
	}
	if c.Lease > 0 && c.Lease < 3*time.Millisecond {
		return fmt.Errorf("a lease of %v can't be renewed in time", c.Lease)
	}
	setDefault(&c.MaxBody, DefaultMaxBody)
	setDefault(&c.Queue, DefaultQueue)
	setDefault(&c.Batch, DefaultBatch)
	setDefault(&c.Workers, DefaultWorkers)
	setDefault(&c.Lease, DefaultLease)
	setDefault(&c.SpoolDir, os.TempDir())
	setDefault(&c.MaxDownload, DefaultMaxDownload)
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Handler returns the endpoint for notifications, to be mounted at any path.
// The server around it must set a ReadTimeout: the handler reads no more than
// MaxBody, but as slowly as it is sent.
func (r *Receiver) Handler() http.Handler { return r.handler }

// Ready reports whether Run is taking notifications.
func (r *Receiver) Ready() bool { return r.started.Load() && !r.inbox.isStopped() }

// Run takes notifications and imports jobs until ctx ends. Then it takes
// nothing new, commits and answers what it took, hands the imports back that
// are under way, and returns nil. A server should stop serving the handler
// before ctx ends, so that no sender is told 503. Run can be called once.
func (r *Receiver) Run(ctx context.Context) error {
	if r.started.Swap(true) {
		return errors.New("running the receiver: it has been run before")
	}
	var running sync.WaitGroup
	running.Go(r.inbox.run)
	running.Go(func() { r.importer.run(ctx) })
	<-ctx.Done()
	r.inbox.stop()
	running.Wait()
	return nil
}
