// Package cloud is the simulated Web Scraper Cloud itself: its sitemaps, its
// scraping jobs with their lifecycle, and the records that they collect. All of
// it is held in memory, except the records, which are made again from the seed
// whenever they are read. The package speaks no HTTP and sends nothing: who
// serves it and who carries its notifications is plugged in from outside.
package cloud

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/internal/draw"
	"github.com/scrapehook/scrapehook/webhook"
)

// What callers branch on. Errors of this package wrap them.
var (
	// ErrNotFound: there is no such sitemap or job.
	ErrNotFound = errors.New("not found")
	// ErrExists: the chosen id is taken.
	ErrExists = errors.New("already exists")
	// ErrFull: the cloud holds as many sitemaps or jobs as it may.
	ErrFull = errors.New("the cloud is full")
	// ErrOutcome: no run of the job can end like that.
	ErrOutcome = errors.New("no such outcome")
	// ErrTransition: the job's lifecycle has no such step.
	ErrTransition = errors.New("no such step in a job's lifecycle")
)

// Config says what kind of cloud to simulate. Its zero value is usable.
type Config struct {
	// Seed decides every generated value: equal seeds give equal clouds.
	Seed uint64
	// Profile decides which ended jobs are notified, and whether a finished job
	// may have empty or failed pages. The zero value is the 2020 profile.
	Profile webhook.Profile
	// Notify takes over the notification of a job that has just ended. It is
	// called by the goroutine that ended the job, outside of every lock, and
	// must not wait for the delivery. Nil: nobody is notified.
	Notify func(webhook.Notification) error
	// Now is the cloud's clock; nil is time.Now.
	Now func() time.Time
	// Rows are what a job is planned to have that does not say.
	Rows int
	// Turnouts say how start pages turn out in [Cloud.Complete].
	Turnouts Turnouts
	// Records are the rows of the jobs of a sitemap by its name, instead of
	// generated ones; those of the name "" are for every other sitemap.
	Records map[string]*RecordFile
	// Keep makes changes last, all of them or, with an error, none; the change
	// is then refused. It is called under the cloud's lock. Nil: nothing lasts
	// longer than the process.
	Keep func(...Change) error
	// MaxSitemaps and MaxJobs bound the memory; 0 is DefaultMax. Beyond them
	// AddSitemap and AddJob return ErrFull.
	MaxSitemaps, MaxJobs int
}

// DefaultMax is how many sitemaps, and how many jobs, a cloud holds unless told
// otherwise. A job takes well under a kilobyte, however many records it has.
const DefaultMax = 1_000_000

// Cloud is safe for concurrent use.
type Cloud struct {
	cfg Config

	mu       sync.RWMutex
	sitemaps table[sitemap]
	jobs     table[job]
}

// New makes an empty cloud.
func New(cfg Config) (*Cloud, error) {
	if cfg.Profile.Name == "" {
		cfg.Profile = webhook.Profile2020()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.MaxSitemaps < 0 || cfg.MaxJobs < 0 {
		return nil, errors.New("configuring the cloud: a maximum is negative")
	}
	if cfg.MaxSitemaps == 0 {
		cfg.MaxSitemaps = DefaultMax
	}
	if cfg.MaxJobs == 0 {
		cfg.MaxJobs = DefaultMax
	}
	if err := cfg.Turnouts.check(); err != nil {
		return nil, fmt.Errorf("configuring the cloud: %w", err)
	}
	if cfg.Keep == nil {
		cfg.Keep = func(...Change) error { return nil }
	}
	return &Cloud{
		cfg:      cfg,
		sitemaps: newTable[sitemap](firstID(cfg.Seed, 's'), cfg.MaxSitemaps),
		jobs:     newTable[job](firstID(cfg.Seed, 'j'), cfg.MaxJobs),
	}, nil
}

// Reset removes every sitemap and every job. Ids go on.
func (c *Cloud) Reset() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	changes := make([]Change, 0, len(c.sitemaps.order)+len(c.jobs.order))
	for _, id := range c.sitemaps.order {
		changes = append(changes, Change{KindSitemap, id, nil})
	}
	for _, id := range c.jobs.order {
		changes = append(changes, Change{KindJob, id, nil})
	}
	if err := c.cfg.Keep(changes...); err != nil {
		return fmt.Errorf("resetting the cloud: %w", err)
	}
	c.sitemaps.clear()
	c.jobs.clear()
	return nil
}

// Count returns how many sitemaps there are, and how many jobs of each status.
func (c *Cloud) Count() (sitemaps int, jobs map[webhook.Status]int) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	jobs = map[webhook.Status]int{}
	for _, j := range c.jobs.byID {
		jobs[j.Status]++
	}
	return len(c.sitemaps.byID), jobs
}

// firstID draws where ids start. Two clouds with different seeds hardly share
// an id, because a receiver remembers the jobs of yesterday's cloud. The ids
// leave room below 2^31 for the jobs of a run.
func firstID(seed uint64, kind byte) int64 {
	return 1_000_000 + int64(draw.Mix(seed^uint64(kind))%2_000_000_000)
}
