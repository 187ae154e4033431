// Command scrapehook is Web Scraper Cloud on a developer's own machine: it
// judges, loads and teaches receivers of its webhook. This package only wires:
// one file a subcommand, flags in, exit codes out.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // schedules name time zones, also where the machine has none

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/scrapehook/scrapehook/internal/config"
	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/webhook"
)

// version is stamped by the linker; see `make build`.
var version = ""

// The exit codes, which scripts rely on.
const (
	exitBroken      = 1   // a MUST is broken, a delivery was given up, or a job is not there to be retried
	exitUsage       = 2   // usage or configuration
	exitHarness     = 3   // the harness failed, or the endpoint cannot be reached
	exitPartial     = 4   // some MUSTs were not observed
	exitInterrupted = 130 // by SIGINT, SIGTERM or SIGHUP
)

// exitError ends the process with code. A nil err prints nothing: the command
// has already shown what there is to say.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// usageError is for what the user can mend on the command line, in the
// environment or in the configuration file.
func usageError(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// harnessError is for what kept the command from doing its work at all.
func harnessError(format string, args ...any) error {
	return &exitError{exitHarness, fmt.Errorf(format, args...)}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), stopSignals()...)
	// A second signal ends the process at once, also when stopping hangs.
	context.AfterFunc(ctx, stop)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// stopSignals are the signals that stop a command politely. A closed terminal is
// one of them, unless it is to be outlived, as under nohup.
func stopSignals() []os.Signal {
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}

// run executes one command line and returns its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRootCmd()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	var exit *exitError
	if !errors.As(err, &exit) {
		// What cobra itself refuses: an unknown command, flag or argument.
		exit = &exitError{exitUsage, fmt.Errorf("%w (see '%s --help')", err, cmd.CommandPath())}
	}
	if exit.err != nil {
		fmt.Fprintf(stderr, "scrapehook: %v\n", exit.err)
	}
	return exit.code
}

func newRootCmd() *cobra.Command {
	root := &cobra.Command{
		Use:           "scrapehook",
		Short:         "Web Scraper Cloud on your own machine: test your webhook receiver before production",
		Version:       buildVersion(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	root.AddCommand(newCloudCmd(), newConformCmd(), newReceiveCmd(), newRecordsCmd(), newReplayCmd(), newSendCmd(), newTrafficCmd())
	config.AddFlag(root)
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if err := config.Apply(cmd); err != nil {
			return usageError("%w", err)
		}
		return nil
	}
	return root
}

// buildVersion is what the linker stamped, or what the module system knows.
func buildVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// addProfileFlag adds --profile, the same in every command that has it.
func addProfileFlag(flags *pflag.FlagSet, name *string) {
	flags.StringVar(name, "profile", webhook.ProfileNames()[0], "the sender's rules: "+human.Or(webhook.ProfileNames()...))
}
