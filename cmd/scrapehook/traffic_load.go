package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/loopback"
	"github.com/scrapehook/scrapehook/internal/oserr"
	"github.com/scrapehook/scrapehook/internal/plain"
	"github.com/scrapehook/scrapehook/internal/traffic/metrics"
	"github.com/scrapehook/scrapehook/internal/traffic/plan"
	"github.com/scrapehook/scrapehook/internal/traffic/record"
	"github.com/scrapehook/scrapehook/internal/traffic/report"
	trafficrun "github.com/scrapehook/scrapehook/internal/traffic/run"
	"github.com/scrapehook/scrapehook/internal/traffic/wire"
	"github.com/scrapehook/scrapehook/webhook"
)

// endpointFlags are those of every command that loads an endpoint.
type endpointFlags struct {
	reportFlags
	connections int
	transport   string
	profile     string
	allowRemote bool
	trust       trustFlags
	record      string
	metrics     string
}

func (f *endpointFlags) add(cmd *cobra.Command) {
	f.reportFlags.add(cmd)
	flags := cmd.Flags()
	flags.IntVar(&f.connections, "connections", trafficrun.DefaultConnections, "the most requests under way at once")
	flags.StringVar(&f.transport, "transport", "auto", "how requests are sent: epoll (Linux, http:// and --rate max only), fast (http:// only), nethttp, or auto, the fastest that can")
	addProfileFlag(flags, &f.profile)
	flags.BoolVar(&f.allowRemote, "allow-remote", false, "let URL be on another machine: make sure that it is yours to load")
	f.trust.add(flags)
	flags.StringVar(&f.record, "record", "", "`file` that each attempt is written to, for scrapehook replay")
	flags.StringVar(&f.metrics, "metrics", "", "`address` at which Prometheus finds /metrics while it runs, such as 127.0.0.1:9095")
}

// load is an endpoint being loaded, by traffic or by a replay.
type load struct {
	config          trafficrun.Config
	scheme          plan.Scheme
	whole           time.Duration // how long the plan takes, if it is known
	reporter        *reporter
	record, metrics string
	clamped         string // why there are fewer connections than the user wants
	close           func() // the connections that are idle
	// complete adds to the report what else is known; may be nil.
	complete func(*report.Report)
}

// onAttempt has f told of each attempt, beside whoever is told already.
func (l *load) onAttempt(f func(report.Attempt)) {
	if before := l.config.OnAttempt; before != nil {
		l.config.OnAttempt = func(a report.Attempt) {
			before(a)
			f(a)
		}
		return
	}
	l.config.OnAttempt = f
}

// load checks what is common to all that load an endpoint, and sets it up.
func (f *endpointFlags) load(target string, profile webhook.Profile) (*load, error) {
	if err := f.check(target); err != nil {
		return nil, err
	}
	reporter, err := f.reporter()
	if err != nil {
		return nil, err
	}
	l := &load{reporter: reporter, record: f.record, metrics: f.metrics}
	connections := f.connections
	if room, limit := wire.Room(); room < connections {
		if room < 1 {
			return nil, harnessError("there is no room for a connection: this process may have %d open files; raise it with ulimit -n", limit)
		}
		l.clamped = fmt.Sprintf("%d connections instead of %d: this process may have %d open files; raise it with ulimit -n", room, connections, limit)
		connections = room
	}
	plain, slow := delivery.NewTransport(), delivery.NewTransport()
	if plain.TLSClientConfig, err = f.trust.config(); err != nil {
		return nil, err
	}
	slow.TLSClientConfig = plain.TLSClientConfig
	const pieces, pause = 21, 100 * time.Millisecond
	l.config = trafficrun.Config{
		URL: target, Profile: profile, Connections: connections,
		Slow: &delivery.Client{Profile: profile, Transport: wire.SlowTransport(slow, pieces, pause)},
	}
	if err := f.choose(l, plain); err != nil {
		return nil, err
	}
	return l, nil
}

func (f *endpointFlags) check(target string) error {
	if err := delivery.CheckURL(target); err != nil {
		return usageError("%w", err)
	}
	if !f.allowRemote && !loopback.URL(target) {
		return usageError("%s is not on this machine: add --allow-remote if it is yours to load", target)
	}
	if f.connections < 1 {
		return usageError("--connections %d must be 1 or more", f.connections)
	}
	if f.metrics == "" {
		return nil
	}
	if _, _, err := net.SplitHostPort(f.metrics); err != nil || (!f.allowRemote && !loopback.Address(f.metrics)) {
		return usageError("--metrics %q: use an address of this machine, such as 127.0.0.1:9095 (or --allow-remote)", f.metrics)
	}
	return nil
}

// run loads the endpoint and shows what came of it.
func (l *load) run(cmd *cobra.Command) error {
	defer l.close()
	if l.clamped != "" {
		fmt.Fprintln(cmd.ErrOrStderr(), l.clamped)
	}
	endRecord, err := l.beginRecord()
	if err != nil {
		return usageError("--record: %w", err)
	}
	runner, err := trafficrun.New(l.config)
	if err != nil {
		return errors.Join(usageError("%w", err), endRecord())
	}
	measured := func() error { return nil }
	if l.metrics != "" {
		var at net.Addr
		if at, measured, err = metrics.Serve(cmd.Context(), l.metrics, runner); err != nil {
			return errors.Join(harnessError("--metrics: %w", err), endRecord())
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "metrics http://%s/metrics\n", at)
	}
	if l.config.Start.IsZero() {
		warnIfRefused(cmd.Context(), cmd.ErrOrStderr(), l.config.URL)
	}
	failed := watched(cmd.Context(), runner, newTrafficView(cmd.ErrOrStderr(), l))
	failed = errors.Join(failed, endRecord(), measured())
	result := runner.Report(l.scheme)
	if l.complete != nil {
		l.complete(&result)
	}
	failed = errors.Join(failed, l.reporter.write(cmd.OutOrStdout(), &result))
	if failed != nil {
		return harnessError("%w", failed)
	}
	return exitOf(&result)
}

// warnIfRefused says at once that nothing listens at the endpoint, rather than
// after a long run in vain. It goes on all the same: the endpoint may be started
// meanwhile.
func warnIfRefused(ctx context.Context, stderr io.Writer, endpoint string) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return // the run says so
	}
	dialer := net.Dialer{Timeout: time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", addressOf(u))
	if err == nil {
		_ = conn.Close() // nothing was sent
	} else if oserr.IsRefused(err) {
		fmt.Fprintf(stderr, "scrapehook: warning: %s; is the endpoint running?\n", plain.Text(err))
	}
}

// beginRecord has each attempt recorded, if that is asked for. end completes
// the record.
func (l *load) beginRecord() (end func() error, err error) {
	if l.record == "" {
		return func() error { return nil }, nil
	}
	recorder, err := record.Create(l.record, []string{l.config.URL}, l.config.Profile.Name)
	if err != nil {
		return nil, err
	}
	l.onAttempt(func(a report.Attempt) { recorder.Add(a.Delivery()) })
	return recorder.Close, nil
}

// watched runs the runner and shows its progress meanwhile.
func watched(ctx context.Context, runner *trafficrun.Runner, view *trafficView) error {
	done := make(chan error, 1)
	go func() { done <- runner.Run(ctx) }()
	tick := time.NewTicker(view.every())
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			view.show(runner.Progress())
		case err := <-done:
			view.clear()
			return err
		}
	}
}
