// Package cloud is the simulated Web Scraper Cloud itself: its sitemaps, its
// scraping jobs with their whole life, the records that they collect, and the
// outbox of the notifications that their ends have caused. All of it is held in
// memory, except the records, which are made again from the seed whenever they
// are read. The package speaks no HTTP and sends nothing: whoever serves it
// calls its verbs, and whoever sends takes from its outbox.
package cloud

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/scrapehook/scrapehook/internal/draw"
	"github.com/scrapehook/scrapehook/internal/records"
	"github.com/scrapehook/scrapehook/internal/sitemaps"
	"github.com/scrapehook/scrapehook/webhook"
)

// What callers branch on. Errors of this package wrap them.
var (
	// ErrNotFound: there is no such sitemap or job.
	ErrNotFound = errors.New("not found")
	// ErrExists: the chosen id is taken.
	ErrExists = errors.New("already exists")
	// ErrFull: the cloud holds as many sitemaps, jobs or waiting notifications
	// as it may.
	ErrFull = errors.New("the cloud is full")
	// ErrEnding: no run of the job can end like that.
	ErrEnding = errors.New("no run can end like that")
	// ErrTransition: the job's life has no such step.
	ErrTransition = errors.New("no such step in a job's life")
)

// Clock is the time that jobs live by. It may be paused, advanced, or run
// faster than the real one. Its methods may be called concurrently.
type Clock interface {
	Now() time.Time
	// Until is how long it is in real time until t, false while it is paused.
	Until(t time.Time) (time.Duration, bool)
	// Changed is closed when Until would answer otherwise than before.
	Changed() <-chan struct{}
}

// Config says what kind of cloud to simulate. Its zero value is usable.
type Config struct {
	// Seed decides every generated value: equal seeds give equal clouds.
	Seed uint64
	// Profile decides which ended jobs are notified, and whether a finished job
	// may have empty or failed pages. The zero value is the 2020 profile.
	Profile webhook.Profile
	// Endpoints are the URLs that ended jobs are notified to, see
	// [Cloud.SetEndpoints].
	Endpoints []string
	// Clock is what jobs and schedulers live by; nil is the real time.
	Clock Clock
	// JobTime is about how long a job takes that does not say; 0: such jobs
	// move only when they are told to.
	JobTime time.Duration
	// EndStatuses say how jobs end by themselves whose pages are all full.
	EndStatuses Mix
	// Rows are what a job is planned to have that does not say.
	Rows int
	// Turnouts say how the start pages of a job turn out that ends by itself.
	Turnouts Turnouts
	// Records are the rows of the jobs of a sitemap by its name, instead of
	// generated ones; those of the name "" are for every other sitemap.
	Records map[string]*records.File
	// Sitemaps stand, in turn, wherever a sitemap is added without a body; none:
	// a shop's products.
	Sitemaps []*sitemaps.Sitemap
	// Data says what generated rows look like.
	Data records.Options
	// Keep makes a transaction last, all of it or, with an error, nothing; what
	// it was for is then refused. It is called under the cloud's lock, so it
	// must not call the cloud. Nil: nothing lasts longer than the process.
	Keep func(Transaction) error
	// OnError is told of a job or a scheduler whose next step failed, once
	// until it succeeds; it is tried again every second of real time. It is
	// called by [Cloud.Run], outside of every lock. Nil: nobody is told.
	OnError func(error)
	// MaxSitemaps, MaxJobs and MaxWaiting, the notifications in the outbox for
	// one endpoint, bound the memory; 0 is DefaultMax. Beyond them the verb
	// that would add one is refused with ErrFull, and a job that would end by
	// itself runs on until there is room.
	MaxSitemaps, MaxJobs, MaxWaiting int
}

// DefaultMax is how many sitemaps, jobs, and waiting notifications for each
// endpoint a cloud holds unless told otherwise. A job takes well under a
// kilobyte, however many records it has.
const DefaultMax = 1_000_000

// Cloud is safe for concurrent use.
type Cloud struct {
	cfg  Config
	wake chan struct{} // has a token when something may be due earlier than before

	mu        sync.RWMutex
	sitemaps  table[sitemap]
	jobs      table[job]
	bySitemap map[int64]*ordered[job]      // jobs by the id of their sitemap
	byTag     map[string]*ordered[sitemap] // sitemaps by tag
	byStatus  map[webhook.Status]int       // how many jobs
	kept      sequences                    // as they were made to last
	due       dueQueue
	retries   retries
	outbox    outbox

	standIns []standIn     // for the default sitemap, in turn; at least one
	turn     atomic.Uint64 // whose turn it is
}

// New makes an empty cloud.
func New(cfg Config) (*Cloud, error) {
	if cfg.Profile.Name == "" {
		cfg.Profile = webhook.Profile2020()
	}
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("configuring the cloud: %w", err)
	}
	for _, bound := range []*int{&cfg.MaxSitemaps, &cfg.MaxJobs, &cfg.MaxWaiting} {
		if *bound == 0 {
			*bound = DefaultMax
		}
	}
	if cfg.Clock == nil {
		cfg.Clock = realClock{}
	}
	if cfg.OnError == nil {
		cfg.OnError = func(error) {}
	}
	c := &Cloud{
		cfg:      cfg,
		wake:     make(chan struct{}, 1),
		sitemaps: newTable[sitemap](firstID(cfg.Seed, 's'), cfg.MaxSitemaps),
		jobs:     newTable[job](firstID(cfg.Seed, 'j'), cfg.MaxJobs),
		outbox:   newOutbox(cfg.MaxWaiting),
	}
	if err := c.makeStandIns(); err != nil {
		return nil, fmt.Errorf("configuring the cloud: %w", err)
	}
	c.clearLocked()
	if err := c.SetEndpoints(cfg.Endpoints); err != nil {
		return nil, fmt.Errorf("configuring the cloud: %w", err)
	}
	return c, nil
}

func (cfg Config) check() error {
	switch {
	case cfg.MaxSitemaps < 0 || cfg.MaxJobs < 0 || cfg.MaxWaiting < 0:
		return errors.New("a maximum is negative")
	case cfg.JobTime < 0:
		return fmt.Errorf("the time of a job is %v, and must not be below 0", cfg.JobTime)
	}
	if err := checkRows(cfg.Rows); err != nil {
		return err
	}
	if err := checkMix(cfg.EndStatuses, cfg.Profile); err != nil {
		return err
	}
	if err := cfg.Data.Check(); err != nil {
		return err
	}
	return cfg.Turnouts.check()
}

type realClock struct{}

func (realClock) Now() time.Time                          { return time.Now() }
func (realClock) Until(t time.Time) (time.Duration, bool) { return time.Until(t), true }
func (realClock) Changed() <-chan struct{}                { return nil }

// Reset removes every sitemap, every job and every waiting notification, at
// once. Ids go on, and the endpoints stay.
func (c *Cloud) Reset() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	// Ids that callers chose ahead of the cloud's own are not given again.
	retired := slices.Concat(c.sitemaps.ahead(KindSitemap), c.jobs.ahead(KindJob))
	if c.cfg.Keep != nil {
		if err := c.cfg.Keep(Transaction{Reset: true, Changes: retired}); err != nil {
			return fmt.Errorf("resetting the cloud: %w", err)
		}
	}
	for _, change := range retired {
		c.retireLocked(change)
	}
	c.clearLocked()
	return nil
}

// clearLocked empties the cloud in memory.
func (c *Cloud) clearLocked() {
	c.sitemaps.clear()
	c.jobs.clear()
	c.bySitemap = map[int64]*ordered[job]{}
	c.byTag = map[string]*ordered[sitemap]{}
	c.byStatus = map[webhook.Status]int{}
	c.due.clear()
	c.retries.clear()
	c.outbox.clear()
}

// Count returns how many sitemaps there are, and how many jobs of each status.
func (c *Cloud) Count() (sitemaps int, jobs map[webhook.Status]int) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	jobs = maps.Clone(c.byStatus)
	maps.DeleteFunc(jobs, func(_ webhook.Status, n int) bool { return n == 0 })
	return c.sitemaps.len(), jobs
}

// firstID draws where ids start. Two clouds with different seeds hardly share
// an id, because a receiver remembers the jobs of yesterday's cloud. The ids
// leave room below 2^31 for the jobs of a run.
func firstID(seed uint64, kind byte) int64 {
	return 1_000_000 + int64(draw.Mix(seed^uint64(kind))%2_000_000_000)
}
