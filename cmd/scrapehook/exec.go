package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/cloudlog"
	"github.com/scrapehook/scrapehook/internal/procgroup"
	"github.com/scrapehook/scrapehook/simulator"
)

// What exec ends with when its command cannot be run, as shells do.
const (
	exitNotExecutable = 126
	exitNotFound      = 127
	// exitSignal is added to the number of the signal that ended a command.
	exitSignal = 128
)

// orphanGrace is how long what a command left behind may take to end when asked.
const orphanGrace = 2 * time.Second

// execFlags are the flags of exec.
type execFlags struct {
	cloud cloudFlags
	log   string
}

func newExecCmd() *cobra.Command {
	var f execFlags
	cmd := &cobra.Command{
		Use:   "exec [flags] -- COMMAND [ARGUMENT...]",
		Short: "Run a command, such as your tests, with a simulated cloud around it",
		Long: `Run a command with a simulated cloud around it: npm test, phpunit, pytest, rspec,
go test. The cloud listens on a free port before the command starts, and is gone when
the command has ended. What the command left running is ended too (on Linux and
Windows; elsewhere unless it is run in a terminal).

The command gets these variables:

  WEBSCRAPER_API_BASE_URI   the simulated API, ending in /api/v1/
  WEBSCRAPER_API_TOKEN      its token, a new one each time unless --token is given
  SCRAPEHOOK_CONTROL_URL    the control API: make jobs end, advance the clock, add faults

Input, output and signals are the command's, and so is the exit code: 128 and more is
the number of the signal that ended it. scrapehook prints nothing unless something goes
wrong; --log writes the calls and attempts to a file.

Exit codes of scrapehook itself: 2 wrong usage, 3 the cloud could not be started,
126 COMMAND cannot be executed, 127 it is not found.`,
		Example: `  scrapehook exec -- npm test
  scrapehook exec --endpoint http://127.0.0.1:8080/webhook -- ./run-tests.sh
  scrapehook exec --job-time 100ms --log cloud.log -- pytest -q
  scrapehook exec -- sh -c 'curl "$WEBSCRAPER_API_BASE_URI"account?api_token=$WEBSCRAPER_API_TOKEN'`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.cloud.draw(cmd.Flags())
			return f.run(cmd.Context(), args, cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.SetInterspersed(false) // what follows COMMAND is its own
	f.cloud.output = "text"
	f.cloud.add(flags, "127.0.0.1:0", "")
	flags.Lookup("token").Usage = "`token` that calls of the API must bear (default a random one)"
	flags.StringVar(&f.log, "log", "", "`file` that calls and attempts are written to, or - for stderr (default nowhere)")
	return cmd
}

// run runs the command and returns how it ended.
func (f *execFlags) run(ctx context.Context, args []string, stderr io.Writer) error {
	path, err := exec.LookPath(args[0])
	switch {
	case errors.Is(err, fs.ErrPermission):
		return &exitError{exitNotExecutable, fmt.Errorf("%s cannot be executed: permission denied", args[0])}
	case err != nil:
		return &exitError{exitNotFound, fmt.Errorf("the command %q is not found", args[0])}
	}
	if f.cloud.token == "" {
		f.cloud.token = rand.Text()
	}
	out, closeLog, err := f.openLog(stderr)
	if err != nil {
		return err
	}
	defer closeLog()
	// Signals are for the command; the cloud ends after it.
	ctx, stopCloud := context.WithCancel(context.WithoutCancel(ctx))
	defer stopCloud()
	var exit error
	err = f.cloud.with(out, func(cfg simulator.Config, _ *cloudlog.Log) error {
		sim, err := newSimulator(ctx, cfg)
		if err != nil {
			return err
		}
		done := make(chan error, 1)
		go func() { done <- sim.Run(ctx) }()
		exit = runCommand(path, args, append(os.Environ(),
			envAPIURL+"="+sim.BaseURL(), envAPIToken+"="+f.cloud.token, envControlURL+"="+sim.ControlURL()))
		stopCloud()
		if err := <-done; err != nil {
			return harnessError("the simulated cloud ended: %w", err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return exit
}

func (f *execFlags) openLog(stderr io.Writer) (out io.Writer, end func(), err error) {
	switch f.log {
	case "":
		return io.Discard, func() {}, nil
	case "-":
		return stderr, func() {}, nil
	}
	file, err := os.OpenFile(f.log, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, nil, openError(fmt.Errorf("--log: %w", err))
	}
	return file, func() { _ = file.Close() }, nil
}

// runCommand runs a command with our input and output, hands signals on to it, and
// ends what it leaves behind. It returns nil when its exit code is 0.
func runCommand(path string, args, env []string) error {
	cmd := &exec.Cmd{Path: path, Args: args, Env: env, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
	// In a terminal the command stays in our process group, so that it may read,
	// and the terminal's own signals reach it. Elsewhere it gets a group, all of
	// which is signalled and ended. Where the input comes from does not matter: a
	// password is asked for at the terminal itself.
	inTerminal := procgroup.InTerminal()
	start := procgroup.Start
	if inTerminal {
		start = procgroup.StartShared
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, append(stopSignals(), syscall.SIGQUIT)...)
	defer signal.Stop(signals)
	if err := procgroup.AdoptOrphans(); err != nil {
		return harnessError("preparing to run the command: %w", err)
	}
	group, err := start(cmd)
	switch {
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.ENOEXEC):
		return &exitError{exitNotExecutable, fmt.Errorf("%s cannot be executed: %w", path, err)}
	case err != nil:
		return harnessError("starting %s: %w", path, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			if inTerminal && (s == os.Interrupt || s == syscall.SIGQUIT) {
				continue // typed there, it reached the command as well
			}
			_ = group.Signal(s) // it has just ended
		case err := <-ended:
			endRest(group)
			return commandExit(err)
		}
	}
}

// endRest ends what a command that has ended left behind: all of its group, and
// what it had put outside of it, as far as the system tells. What shares our own
// group is not touched by it: that is the terminal's, and a pipe's other commands.
func endRest(group *procgroup.Group) {
	if group.Lives() && group.Stop() == nil {
		group.AwaitEnd(orphanGrace) // what does not listen is killed below
	}
	procgroup.EndOrphans(orphanGrace)
	_ = group.Kill() // mostly there is nothing left
	group.Release()
}

// commandExit is the exit code of a command, as a shell would give it.
func commandExit(err error) error {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &exit):
		return harnessError("waiting for the command: %w", err)
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return &exitError{exitSignal + int(status.Signal()), nil}
	}
	return &exitError{exit.ExitCode(), nil}
}
