package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/scrapehook/scrapehook/simulator"
	"github.com/scrapehook/scrapehook/simulator/api"
	"github.com/scrapehook/scrapehook/simulator/cloud"
	"github.com/scrapehook/scrapehook/simulator/traffic"
	"github.com/scrapehook/scrapehook/webhook"
)

// cloudFlagsOfTraffic say where the jobs of the traffic exist, if anywhere.
type cloudFlagsOfTraffic struct {
	listen, token string
	rows          int
	linger        time.Duration
}

// trafficCloud is a simulated cloud in which the jobs of a plan come to exist
// just before they are notified, so that the receiver can import them.
type trafficCloud struct {
	sim    *simulator.Simulator
	rows   int
	linger time.Duration

	lastCall atomic.Int64 // of the API, in unix nanoseconds
	stop     context.CancelFunc
	done     chan error

	mu sync.Mutex // held while a job changes, so that copies find it complete
}

// openCloud starts a cloud with the plan's sitemaps, and returns it with the
// plan as it is with the ids that the cloud gave them.
func openCloud(ctx context.Context, f cloudFlagsOfTraffic, plan *traffic.Plan, stderr io.Writer) (*trafficCloud, *traffic.Plan, error) {
	if f.rows < 0 || f.linger < 0 {
		return nil, nil, usageError("--rows and --linger must not be below 0")
	}
	cfg := plan.Config()
	c := &trafficCloud{rows: f.rows, linger: f.linger, done: make(chan error, 1)}
	var err error
	c.sim, err = simulator.New(ctx, simulator.Config{
		Listen: f.listen, Token: f.token, Seed: cfg.Seed, Profile: cfg.Profile,
		Rows:   f.rows,
		OnCall: func(api.Call) { c.lastCall.Store(time.Now().UnixNano()) },
	})
	if errors.Is(err, simulator.ErrListen) {
		return nil, nil, harnessError("--cloud: %w", err)
	}
	if err != nil {
		return nil, nil, usageError("--cloud: %w", err)
	}
	cfg.SitemapIDs = make([]int64, 0, cfg.Sitemaps)
	for _, name := range plan.SitemapNames() {
		sitemap, err := c.sim.Cloud.AddSitemap(name, "")
		if err != nil {
			_ = c.sim.Close() // nothing was served
			return nil, nil, harnessError("--cloud: %w", err)
		}
		cfg.SitemapIDs = append(cfg.SitemapIDs, sitemap.ID)
	}
	if plan, err = traffic.NewPlan(cfg); err != nil {
		_ = c.sim.Close() // nothing was served
		return nil, nil, harnessError("--cloud: %w", err)
	}
	// It goes on when ctx ends: finish stops it.
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	c.stop = stop
	go func() { c.done <- c.sim.Run(running) }()
	fmt.Fprintf(stderr, "API %s token %s\n", c.sim.BaseURL(), f.token)
	return c, plan, nil
}

// announce has a notification's job be in the state that it tells.
func (c *trafficCloud) announce(j traffic.Job, part traffic.Part) error {
	if j.Special == traffic.Malformed {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	n := j.Notification
	if part == traffic.Continuation {
		if _, err := c.sim.Cloud.Continue(n.JobID); err != nil {
			return err
		}
		return c.live(n.JobID, webhook.Finished)
	}
	// A copy may be sent before the first one.
	if _, err := c.sim.Cloud.Job(n.JobID); !errors.Is(err, cloud.ErrNotFound) {
		return err
	}
	_, err := c.sim.Cloud.AddJob(cloud.JobSpec{ID: n.JobID, SitemapID: n.SitemapID, CustomID: n.CustomID})
	if err != nil {
		return err
	}
	return c.live(n.JobID, n.Status)
}

// live has a job run and end; one that fails or is stopped has half of its rows.
func (c *trafficCloud) live(id int64, end webhook.Status) error {
	rows := c.rows
	if end == webhook.Failed || end == webhook.Stopped {
		rows /= 2
	}
	return c.sim.Cloud.End(id, end, rows)
}

// finish stops the cloud when no receiver has called it for the time that it
// lingers, or at once when ctx ends.
func (c *trafficCloud) finish(ctx context.Context) error {
	began := time.Now()
	timer := time.NewTimer(c.linger)
	defer timer.Stop()
	for quiet := false; !quiet && ctx.Err() == nil; {
		select {
		case <-ctx.Done():
		case <-timer.C:
			last := time.Unix(0, c.lastCall.Load())
			if last.Before(began) {
				last = began
			}
			left := c.linger - time.Since(last)
			quiet = left <= 0
			timer.Reset(left)
		}
	}
	c.stop()
	if err := <-c.done; err != nil {
		return fmt.Errorf("--cloud: %w", err)
	}
	return nil
}
