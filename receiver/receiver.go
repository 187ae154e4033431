// Package receiver is a receiver of Web Scraper Cloud's webhook that loses
// nothing and doubles nothing.
//
// Its handler puts each notification on stable storage and answers. Everything
// else is done later. The importer asks the cloud for the state of each job with a
// notification, downloads its rows, and replaces the job's rows in the sink,
// together with a record of that state. There is no delivery id on the wire: the
// record is what makes a resend harmless and a continued job's notification count.
//
// The package holds the protocol's logic only. Where notifications and rows
// are kept is behind [Store] and [Sink]; packages sqlstore and pgstore have one of
// each.
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

	"github.com/prometheus/client_golang/prometheus"
)

// The defaults of [Config].
const (
	DefaultMaxBody     = 64 << 10 // a notification is about 100 bytes
	DefaultQueue       = 4096
	DefaultBatch       = 512
	DefaultWorkers     = 4
	DefaultLease       = 15 * time.Second
	DefaultMaxDownload = 16 << 30
	DefaultMaxRow      = 16 << 20 // cells of 100 kB are common
)

// Role is which part of the work a [Receiver] does. With a [Shared] store the
// parts can be in different processes.
type Role string

// The roles of a [Receiver].
const (
	RoleAll     Role = "all"     // both; the default
	RoleReceive Role = "receive" // takes notifications, imports nothing
	RoleImport  Role = "import"  // imports, answers notifications 503
)

func (r Role) receives() bool { return r != RoleImport }
func (r Role) imports() bool  { return r != RoleReceive }

// Config configures a [Receiver]. The caller closes what is in it, after Run has
// returned.
type Config struct {
	// Store is the inbox and the queue of imports. Required, unless HandOff is
	// set.
	Store Store
	// HandOff replaces Store for those who have a queue already. It puts the
	// imports into that queue, and must return nil only when every wanted arrival is
	// on stable storage. The queue's worker calls [Receiver.Import] for each, and
	// again for what failed. The role is then [RoleReceive].
	HandOff func(ctx context.Context, arrivals []Arrival) error
	// Sink and Cloud are required to import.
	Sink  Sink
	Cloud Cloud
	// Role is the part of the work to do; "" is [RoleAll].
	Role Role

	// Tokens are secrets. One of them must be in the endpoint's URL, as the query
	// parameter or the route's variable [TokenParam]; several allow for a rotation.
	// Without any, everyone may notify. A notification only makes the receiver ask
	// the cloud, so a forged one costs calls and nothing else.
	Tokens []string
	// SignatureKey, if set, is the key of a signature that each notification must
	// have in the header [SignatureHeader].
	SignatureKey string
	// MaxBody caps the form, in bytes; 0 is [DefaultMaxBody].
	MaxBody int64
	// Queue is how many notifications may wait for their commit; beyond it the
	// answer is 503. 0 is [DefaultQueue].
	Queue int
	// Batch is how many notifications one transaction may take; 0 is
	// [DefaultBatch].
	Batch int
	// Retain is how long notifications are kept once they arrived, if the store
	// is an [Upkeep]; 0 is for ever. Imports that are wanted, and what was
	// imported, stay.
	Retain time.Duration

	// Workers is how many imports are worked on at once; 0 is [DefaultWorkers].
	// As many more may go on beside them once they have taken 10 s, so that slow
	// downloads don't hold up quick ones.
	Workers int
	// Lease is how long after a worker's death its import is taken over; 0 is
	// [DefaultLease].
	Lease time.Duration
	// SpoolDir is where downloads are kept until they are whole; "" is
	// [os.TempDir].
	SpoolDir string
	// MaxDownload caps one download, in bytes; 0 is [DefaultMaxDownload].
	MaxDownload int64
	// MaxRow caps one row of it, in bytes; 0 is [DefaultMaxRow].
	MaxRow int
	// ImportFailed imports the rows of failed jobs too, marked as partial.
	ImportFailed bool
	// DeleteAfterImport deletes a job at the cloud once its rows are on stable
	// storage, unless it failed.
	DeleteAfterImport bool

	// Metrics is where the receiver registers its metrics; nil is nowhere.
	Metrics prometheus.Registerer
	// Log is where the receiver says what it does; nil is [slog.Default].
	Log *slog.Logger
}

// Receiver receives notifications and imports their jobs. Before Run its
// handler's requests wait; after Run they are answered 503.
type Receiver struct {
	handler  http.Handler
	inbox    *inbox
	importer *importer
	fleet    *fleet  // nil if the store is not shared
	pruner   *pruner // nil if everything is kept
	role     Role
	started  atomic.Bool
	draining atomic.Bool
}

// New checks cfg and returns a receiver. It touches neither store nor cloud.
func New(cfg Config) (*Receiver, error) {
	if err := cfg.complete(); err != nil {
		return nil, fmt.Errorf("configuring the receiver: %w", err)
	}
	measures := newMeasures()
	r := &Receiver{role: cfg.Role, importer: newImporter(cfg, measures)}
	accept := cfg.HandOff
	if accept == nil {
		accept = cfg.Store.Accept
	}
	wanted := r.importer.notify
	if shared, ok := cfg.Store.(Shared); ok {
		r.fleet = newFleet(shared, cfg.Role, r.importer.notify, cfg.Log)
		wanted = r.fleet.wanted
	}
	upkeep, _ := cfg.Store.(Upkeep)
	if cfg.Retain > 0 {
		r.pruner = &pruner{store: upkeep, retain: cfg.Retain, log: cfg.Log}
	}
	r.inbox = newInbox(logAccept(accept, cfg.Log), cfg.Queue, cfg.Batch, wanted, measures)
	r.importer.isPressed = r.inbox.isPressed
	r.handler = newHandler(r.inbox.put, cfg, measures)
	if cfg.Metrics != nil {
		if err := measures.register(cfg.Metrics, r.inbox, upkeep); err != nil {
			return nil, fmt.Errorf("configuring the receiver: registering its metrics: %w", err)
		}
	}
	return r, nil
}

// complete fills in the defaults and refuses what makes no sense.
func (c *Config) complete() error {
	if c.HandOff != nil {
		setDefault(&c.Role, RoleReceive)
	}
	setDefault(&c.Role, RoleAll)
	if err := c.check(); err != nil {
		return err
	}
	setDefault(&c.MaxBody, DefaultMaxBody)
	setDefault(&c.Queue, DefaultQueue)
	setDefault(&c.Batch, DefaultBatch)
	setDefault(&c.Workers, DefaultWorkers)
	setDefault(&c.Lease, DefaultLease)
	setDefault(&c.SpoolDir, os.TempDir())
	setDefault(&c.MaxDownload, DefaultMaxDownload)
	setDefault(&c.MaxRow, DefaultMaxRow)
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return nil
}

func (c *Config) check() error {
	_, forgets := c.Store.(Upkeep)
	switch {
	case (c.Store == nil) == (c.HandOff == nil):
		return errors.New("either a store or a hand-off is required")
	case c.Role != RoleAll && c.Role != RoleReceive && c.Role != RoleImport:
		return fmt.Errorf("there is no role %q", c.Role)
	case c.HandOff != nil && c.Role != RoleReceive:
		return errors.New("with a hand-off, the importing is its queue's")
	case c.Role.imports() && (c.Sink == nil || c.Cloud == nil):
		return errors.New("a sink and a cloud are required to import")
	case slices.Contains(c.Tokens, ""):
		return errors.New("a secret token is empty")
	case min(c.MaxBody, int64(c.Queue), int64(c.Batch), int64(c.Workers), int64(c.Lease), c.MaxDownload, int64(c.MaxRow), int64(c.Retain)) < 0:
		return errors.New("a limit is negative")
	case c.Lease > 0 && c.Lease < 3*time.Millisecond:
		return fmt.Errorf("a lease of %v can't be renewed in time", c.Lease)
	case c.Retain > 0 && !forgets:
		return errors.New("the store can't forget notifications: it does not implement Upkeep")
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

// Ready reports whether Run is at work and has not been told to stop: a balancer
// may send notifications to this process.
func (r *Receiver) Ready() bool {
	return r.started.Load() && !r.draining.Load() && !r.inbox.isStopped()
}

// Drain begins a polite stop: from its return on Ready is false and no import
// begins. Everything else goes on until Run's context ends.
func (r *Receiver) Drain() {
	r.draining.Store(true)
	r.importer.drain()
}

// Run does the role's work until ctx ends. Then it takes nothing new, commits
// and answers what it took, hands the imports back that are under way, and
// returns nil. A server should stop serving the handler before ctx ends, so
// that no sender is told 503. Run can be called once.
func (r *Receiver) Run(ctx context.Context) error {
	if r.started.Swap(true) {
		return errors.New("running the receiver: it has been run before")
	}
	if !r.role.receives() {
		r.inbox.stop()
	}
	var running sync.WaitGroup
	running.Go(r.inbox.run)
	if r.role.imports() {
		running.Go(func() { r.importer.run(ctx) })
	}
	if r.fleet != nil {
		running.Go(func() { r.fleet.run(ctx) })
	}
	if r.pruner != nil {
		running.Go(func() { r.pruner.run(ctx) })
	}
	<-ctx.Done()
	r.inbox.stop()
	running.Wait()
	return nil
}

// Import brings the sink up to date with a job, for the worker of a queue that
// imports were handed off to; Sink and Cloud must be set. An error says that it
// is to be called again later: [*cloudclient.Error] may say when. failed is how
// often that has happened since the job was handed off: a job that runs again is
// asked about a few times and then left, with [OutcomeUnfinished], because its
// end notifies anew. Two calls for one job at once are harmless, as is one too
// many.
func (r *Receiver) Import(ctx context.Context, jobID int64, failed int) (Outcome, error) {
	if r.importer.sink == nil || r.importer.cloud == nil {
		return "", errors.New("importing: the receiver has no sink or no cloud")
	}
	return r.importer.importJob(ctx, &heldLease{current: Lease{JobID: jobID, Attempts: failed}})
}
