package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/scrapehook/scrapehook/simulator/delivery"
	"github.com/scrapehook/scrapehook/simulator/traffic"
	"github.com/scrapehook/scrapehook/webhook"
)

// endpointFlags are those of every command that loads an endpoint.
type endpointFlags struct {
	connections int
	profile     string
	allowRemote bool
	insecure    bool
	output      string
	slo         string
	record      string
}

func (f *endpointFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVar(&f.connections, "connections", traffic.DefaultConnections, "the most requests under way at once")
	flags.StringVar(&f.profile, "profile", webhook.Profile2020().Name, "the sender's rules: 2020 or 2022")
	flags.BoolVar(&f.allowRemote, "allow-remote", false, "let URL be on another machine: make sure that it is yours to load")
	flags.BoolVar(&f.insecure, "insecure", false, "accept any TLS certificate")
	flags.StringVar(&f.output, "output", "text", "the report: text or json")
	flags.StringVar(&f.record, "record", "", "`file` that each attempt is written to, for scrapehook replay")
	flags.StringVar(&f.slo, "slo", "", "what must hold, as in p99<500ms,acked>=99.9%; of\n"+traffic.SLOHelp)
}

// load is an endpoint being loaded, by traffic or by a replay.
type load struct {
	config traffic.Config
	scheme traffic.Scheme
	whole  time.Duration // how long the plan takes, if it is known
	slos   []traffic.SLO
	output string
	record string
	// complete adds to the report what else is known; may be nil.
	complete func(*traffic.Report)
}

// onAttempt has f told of each attempt, beside whoever is told already.
func (l *load) onAttempt(f func(traffic.Attempt)) {
	if before := l.config.OnAttempt; before != nil {
		l.config.OnAttempt = func(a traffic.Attempt) {
			before(a)
			f(a)
		}
		return
	}
	l.config.OnAttempt = f
}

// load checks what is common to all that load an endpoint, and sets it up.
func (f *endpointFlags) load(target string, profile webhook.Profile) (*load, error) {
	if err := delivery.CheckURL(target); err != nil {
		return nil, usageError("%w", err)
	}
	if !f.allowRemote && !isLoopback(target) {
		return nil, usageError("%s is not on this machine: add --allow-remote if it is yours to load", target)
	}
	if f.output != "text" && f.output != "json" {
		return nil, usageError("--output %q: use text or json", f.output)
	}
	if f.connections < 1 {
		return nil, usageError("--connections %d must be 1 or more", f.connections)
	}
	l := &load{output: f.output, record: f.record}
	if f.slo != "" {
		var err error
		if l.slos, err = traffic.ParseSLOs(f.slo); err != nil {
			return nil, usageError("--slo: %w", err)
		}
	}
	fast, slow := delivery.NewTransport(), delivery.NewTransport()
	if f.insecure {
		fast.TLSClientConfig = &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12} //nolint:gosec // the user asks for it
		slow.TLSClientConfig = fast.TLSClientConfig
	}
	// A load needs connections that last: one for each request would run out of
	// ports. Idle ones go before the endpoint can close them under a request.
	fast.MaxIdleConnsPerHost, fast.MaxConnsPerHost, fast.IdleConnTimeout = f.connections, f.connections, time.Second
	const pieces, pause = 21, 100 * time.Millisecond
	l.config = traffic.Config{
		URL: target, Profile: profile, Connections: f.connections,
		Exchanger: &delivery.Client{Profile: profile, Transport: fast},
		Slow:      &delivery.Client{Profile: profile, Transport: traffic.SlowTransport(slow, pieces, pause)},
	}
	return l, nil
}

func isLoopback(target string) bool {
	u, err := url.Parse(target)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || (ip != nil && ip.IsLoopback())
}

// run loads the endpoint and shows what came of it.
func (l *load) run(cmd *cobra.Command) error {
	record, err := l.beginRecord()
	if err != nil {
		return usageError("--record: %w", err)
	}
	runner, err := traffic.New(l.config)
	if err != nil {
		return errors.Join(usageError("%w", err), record())
	}
	failed := watched(cmd.Context(), runner, newTrafficView(cmd.ErrOrStderr(), l))
	failed = errors.Join(failed, record())
	report := runner.Report(l.scheme)
	if l.complete != nil {
		l.complete(&report)
	}
	for _, slo := range l.slos {
		report.SLO = append(report.SLO, slo.Judge(&report))
	}
	if err := writeReport(cmd.OutOrStdout(), l.output, &report); err != nil {
		failed = errors.Join(failed, fmt.Errorf("writing the report: %w", err))
	}
	if failed != nil {
		return harnessError("%w", failed)
	}
	return exitOf(&report)
}

// beginRecord has each attempt recorded, if that is asked for. end completes
// the record.
func (l *load) beginRecord() (end func() error, err error) {
	if l.record == "" {
		return func() error { return nil }, nil
	}
	file, err := os.Create(l.record)
	if err != nil {
		return nil, err
	}
	recorder := traffic.NewRecorder(file, l.config.URL, l.config.Profile.Name)
	l.onAttempt(recorder.Add)
	return func() error {
		if err := errors.Join(recorder.Close(), file.Close()); err != nil {
			return fmt.Errorf("--record %s: %w", l.record, err)
		}
		return nil
	}, nil
}

func writeReport(w io.Writer, format string, report *traffic.Report) error {
	if format == "text" {
		return report.WriteText(w)
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(report)
}

// exitOf is the exit code that follows from a report, which says why.
func exitOf(report *traffic.Report) error {
	switch {
	case report.Interrupted:
		return &exitError{code: exitInterrupted}
	case report.Unreached():
		return harnessError("no send reached the endpoint; is it running, and is the URL right?")
	}
	for _, s := range report.SLO {
		if !s.Met {
			return &exitError{code: exitBroken}
		}
	}
	return nil
}

// watched runs the runner and shows its progress meanwhile.
func watched(ctx context.Context, runner *traffic.Runner, view *trafficView) error {
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
