package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/scrapehook/scrapehook/internal/api"
	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/loopback"
	"github.com/scrapehook/scrapehook/internal/records"
	"github.com/scrapehook/scrapehook/internal/traffic/cloudjobs"
	"github.com/scrapehook/scrapehook/internal/traffic/plan"
)

// trafficCloudFlags say where the jobs of the traffic exist, if anywhere.
type trafficCloudFlags struct {
	listen, token string
	rows          int
	anyRows       bool // rows were not asked for
	linger        time.Duration
	own           ownFlags
}

// trafficCloud is a simulated cloud in which the jobs of a plan exist.
type trafficCloud struct {
	*cloudjobs.Jobs
	own    *records.Own
	url    string
	linger time.Duration

	lastCall atomic.Int64 // of the API, in unix nanoseconds
	stop     context.CancelFunc
	done     chan error
}

// openCloud starts a cloud with the plan's sitemaps, and returns it with the
// plan as it is with the ids that the cloud gave them.
func openCloud(ctx context.Context, f trafficCloudFlags, planned *plan.Plan, stderr io.Writer) (*trafficCloud, *plan.Plan, error) {
	if f.rows < 0 || f.linger < 0 {
		return nil, nil, usageError("--rows and --linger must not be below 0")
	}
	own, options, err := f.own.open()
	if err != nil {
		return nil, nil, err
	}
	c := &trafficCloud{own: own, linger: f.linger, done: make(chan error, 1)}
	if planned, err = c.start(ctx, f, planned, options); err != nil {
		own.Close()
		return nil, nil, err
	}
	fmt.Fprintf(stderr, "API %s token %s\n", c.url, f.token)
	return c, planned, nil
}

// rowsOf are the rows of each job: those of the user's own when there are any and
// no number was asked for.
func (f *trafficCloudFlags) rowsOf(own *records.Own) (int, error) {
	file := own.Files[""]
	switch {
	case len(own.Files) > 1 || file == nil && len(own.Files) > 0:
		return 0, usageError("--records: the jobs of traffic are of sitemaps with made-up names: give one FILE without SITEMAP=")
	case file == nil:
		return f.rows, nil
	case f.anyRows:
		return file.Len(), nil
	case f.rows > file.Len():
		return 0, usageError("--rows %d: the records have %d", f.rows, file.Len())
	}
	return f.rows, nil
}

// start starts the cloud.
func (c *trafficCloud) start(ctx context.Context, f trafficCloudFlags, planned *plan.Plan, options records.Options) (*plan.Plan, error) {
	rows, err := f.rowsOf(c.own)
	if err != nil {
		return nil, err
	}
	cfg := planned.Config()
	made, err := cloud.New(cloud.Config{
		Seed: cfg.Seed, Profile: cfg.Profile, Rows: rows, Sitemaps: c.own.Sitemaps, Records: c.own.Files, Data: options,
	})
	if err != nil {
		return nil, usageError("--cloud: %w", err)
	}
	handler, err := api.New(api.Config{
		Cloud: made, Token: f.token, Observe: func(api.Call) { c.lastCall.Store(time.Now().UnixNano()) },
	})
	if err != nil {
		return nil, usageError("--cloud: %w", err)
	}
	if c.Jobs, planned, err = cloudjobs.New(made, planned, rows); err != nil {
		return nil, harnessError("--cloud: %w", err)
	}
	listener, err := listenLocally(ctx, f.listen)
	if err != nil {
		return nil, err
	}
	c.url = "http://" + listener.Addr().String() + api.Path
	// It goes on when ctx ends: finish stops it.
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	c.stop = stop
	go func() { c.done <- api.Serve(running, listener, handler) }()
	return planned, nil
}

// listenLocally opens an address of this machine alone.
func listenLocally(ctx context.Context, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil || !loopback.Host(host) {
		return nil, usageError("--cloud %s: give HOST:PORT of this machine alone, like 127.0.0.1:8080", address)
	}
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, harnessError("--cloud: %w", err)
	}
	return listener, nil
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
	defer c.own.Close()
	if err := <-c.done; err != nil {
		return fmt.Errorf("--cloud: %w", err)
	}
	return nil
}
