package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/filewatch"
	"github.com/scrapehook/scrapehook/internal/plain"
	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/catalogue"
	"github.com/scrapehook/scrapehook/scenarios/report"
)

// watchUsage is the help of --watch.
const watchUsage = "run again whenever one of these `files` changes: a file, a folder or a pattern; may be given more than once"

// watching performs run, and again whenever a file of patterns changes, until ctx
// ends. A change during a run cancels it if cancels, and otherwise is seen at its
// end. Without patterns it performs run once.
func watching(ctx context.Context, patterns []string, cancels bool, stderr io.Writer, run func(ctx context.Context, number int) error) error {
	if len(patterns) == 0 {
		return run(ctx, 0)
	}
	watcher, err := filewatch.New(patterns)
	if err != nil {
		return usageError("--watch: %w", err)
	}
	for number := 0; ; number++ {
		changed, err := watchedRun(ctx, watcher, cancels, func(ctx context.Context) error { return run(ctx, number) })
		if exit := new(exitError); errors.As(err, &exit) && exit.code == exitUsage && ctx.Err() == nil {
			return err // no change of a handler mends it
		} else if exit.err != nil {
			fmt.Fprintf(stderr, "scrapehook: %s\n", plain.Text(exit.err))
		}
		if len(changed) == 0 && ctx.Err() == nil {
			fmt.Fprintf(stderr, "\nwaiting for a change of %s; Ctrl-C ends\n", strings.Join(patterns, ", "))
			if changed, err = watcher.Next(ctx); err != nil && ctx.Err() == nil {
				return harnessError("--watch: %w", err)
			}
		}
		if ctx.Err() != nil {
			return &exitError{code: exitInterrupted} // what is known was shown
		}
		const most = 3
		fmt.Fprintf(stderr, "\nchanged: %s\n\n", strings.Join(changed[:min(len(changed), most)], ", "))
	}
}

// watchedRun performs run. If it is to be canceled by a change, changed is what
// changed.
func watchedRun(ctx context.Context, watcher *filewatch.Watcher, cancels bool, run func(context.Context) error) (changed []string, err error) {
	if !cancels {
		return nil, run(ctx)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	looked := make(chan []string, 1)
	go func() {
		changed, _ := watcher.Next(ctx) // an error is that the run has ended first
		cancel()
		looked <- changed
	}()
	err = run(ctx)
	cancel()
	return <-looked, err
}

// awaitListening waits a moment for a handler that restarts after a change.
func awaitListening(ctx context.Context, endpoint string) {
	const longest, pause = 5 * time.Second, 100 * time.Millisecond
	u, err := url.Parse(endpoint)
	if err != nil {
		return // sending says so
	}
	ctx, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	address := addressOf(u)
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for ctx.Err() == nil {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err == nil {
			_ = conn.Close() // nothing was sent
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// failedFirst judges what failed by the last report, and everything that is
// selected if that passes now. Without --rerun it judges everything.
func failedFirst(ctx context.Context, f conformFlags, args []string, stdout, stderr io.Writer) error {
	failed, err := f.failedBefore()
	if err != nil {
		return err
	}
	if len(failed) > 0 {
		fmt.Fprintf(stderr, "first what failed before: %s\n", strings.Join(failed, ", "))
		first := f
		first.filter = strings.Join(failed, ",")
		var exit *exitError
		if err := conform(ctx, first, args, stdout, stderr); errors.As(err, &exit) && exit.code != exitPartial {
			return err
		}
		fmt.Fprintln(stderr, "it passes now, so everything follows")
	}
	return conform(ctx, f, args, stdout, stderr)
}

// failedBefore are the requirements that failed by the report that --json has
// written, of those that are selected.
func (f conformFlags) failedBefore() ([]string, error) {
	switch {
	case f.rerun == "":
		return nil, nil
	case f.rerun != "failed":
		return nil, usageError("--rerun %q: use failed", f.rerun)
	case f.jsonFile == "" || f.jsonFile == "-":
		return nil, usageError("--rerun failed reads the last report: name its file with --json")
	}
	selected, err := scenarios.Select(catalogue.All(), f.filter)
	if err != nil {
		return nil, usageError("%w (--list shows them all)", err)
	}
	before, err := report.ReadSummary(f.jsonFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // the first run
	}
	if err != nil {
		return nil, usageError("--rerun: %w", err)
	}
	var failed []string
	for _, j := range before.Judged {
		if j.Verdict == scenarios.Fail && j.Known == "" && slices.ContainsFunc(selected.Scenarios, func(s scenarios.Scenario) bool { return s.ID == j.ID }) {
			failed = append(failed, j.ID)
		}
	}
	if len(failed) == len(selected.Scenarios) {
		return nil, nil // it is everything
	}
	return failed, nil
}
