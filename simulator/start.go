package simulator

import (
	"cmp"
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/webhook"
)

// TestCloud is a simulated cloud that runs until its test has ended. Its methods
// end the test when they fail, so they must be called by the test's goroutine.
type TestCloud struct {
	tb  testing.TB
	sim *Simulator

	mu       sync.Mutex
	attempts []Attempt
	ended    chan struct{} // closed by the next attempt that ends
}

// Start runs a simulated cloud for a Go test of a receiver, and stops it when
// the test has ended. The zero Config is usable: its token is "scrapehook", its
// seed is random and logged, and its jobs end only when the test says so. See
// the example.
func Start(tb testing.TB, cfg Config) *TestCloud {
	tb.Helper()
	c := &TestCloud{tb: tb, ended: make(chan struct{})}
	cfg.Token = cmp.Or(cfg.Token, "scrapehook")
	if cfg.Seed == 0 {
		cfg.Seed = uint64(rand.Uint32N(1<<31-1)) + 1 //nolint:gosec // to be repeatable, not secret
	}
	tb.Logf("the simulated cloud's seed is %d", cfg.Seed)
	told := cfg.OnAttempt
	cfg.OnAttempt = func(a Attempt) {
		if told != nil {
			told(a)
		}
		c.note(a)
	}
	var err error
	if c.sim, err = New(tb.Context(), cfg); err != nil {
		tb.Fatalf("starting a simulated cloud: %v", err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(tb.Context()))
	done := make(chan error, 1)
	go func() { done <- c.sim.Run(ctx) }()
	tb.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			tb.Errorf("the simulated cloud ended with %v", err)
		}
	})
	return c
}

// URL is the API's, with a slash at its end: what clients call the base URL.
func (c *TestCloud) URL() string { return c.sim.BaseURL() }

// ControlURL is the control API's, with a slash at its end; docs/control-api.md
// describes it. It does what this type has no method for.
func (c *TestCloud) ControlURL() string { return c.sim.ControlURL() }

// Token is what calls of the API must bear.
func (c *TestCloud) Token() string { return c.sim.cfg.Token }

// SetEndpoints has jobs that end from now on be notified to these URLs.
func (c *TestCloud) SetEndpoints(urls ...string) {
	c.tb.Helper()
	for _, url := range urls {
		c.must("setting the endpoints", delivery.CheckURL(url))
	}
	c.must("setting the endpoints", c.sim.cloud.SetEndpoints(urls))
}

// AddSitemap adds a sitemap from its JSON and returns its id; an empty one stands
// for a shop's products.
func (c *TestCloud) AddSitemap(body string) (id int64) {
	c.tb.Helper()
	m, err := c.sim.cloud.AddSitemap("", body)
	c.must("adding a sitemap", err)
	return m.ID
}

// FinishJob adds a job that has finished with that many rows, and returns its
// id. Its notification is on its way. A sitemap of 0 is a new one of a shop's
// products.
func (c *TestCloud) FinishJob(sitemap int64, rows int) (id int64) {
	c.tb.Helper()
	j, err := c.sim.cloud.AddJob(cloud.JobSpec{SitemapID: sitemap, Rows: &rows})
	c.must("adding a job", err)
	c.EndJob(j.ID, webhook.Finished, rows)
	return j.ID
}

// EndJob ends a job that has not ended: one that the receiver has created over
// the API, say. rows are those in all.
func (c *TestCloud) EndJob(job int64, status webhook.Status, rows int) {
	c.tb.Helper()
	c.must("ending a job", c.sim.cloud.End(job, status, rows))
}

// ContinueJob has a job that failed or was shelved wait for its next run, which
// EndJob ends. It keeps its rows.
func (c *TestCloud) ContinueJob(job int64) {
	c.tb.Helper()
	_, err := c.sim.cloud.Continue(job)
	c.must("continuing a job", err)
}

// AddFault has calls of the API go wrong, by a rule such as
// "server-error,route=GET scraping-job/{id}/json,nth=1"; the control API's page
// lists what can be in one.
func (c *TestCloud) AddFault(rule string) {
	c.tb.Helper()
	parsed, err := fault.ParseRule(rule)
	c.must("adding a fault", err)
	_, err = c.sim.faults.Add(parsed)
	c.must("adding a fault", err)
}

// ClearFaults has no call of the API go wrong any more.
func (c *TestCloud) ClearFaults() { c.sim.faults.Clear() }

// AdvanceClock moves the cloud's clock, by which jobs, schedulers and resends
// live. An attempt's deadline stays real.
func (c *TestCloud) AdvanceClock(d time.Duration) {
	c.tb.Helper()
	c.must("advancing the clock", c.sim.clock.Advance(d))
}

func (c *TestCloud) must(doing string, err error) {
	c.tb.Helper()
	if err != nil {
		c.tb.Fatalf("%s: %v", doing, err)
	}
}
