// Command scrapehook is Web Scraper Cloud on a developer's own machine: it
// judges, loads and teaches receivers of its webhook. This package only wires:
// one file a subcommand, flags in, exit codes out.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // schedules name time zones, also where the machine has none

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/scrapehook/scrapehook/internal/commandline"
	"github.com/scrapehook/scrapehook/internal/config"
	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/internal/plain"
	"github.com/scrapehook/scrapehook/webhook"
)

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

// openError is for a file or directory that the user named: one that is missing
// or not allowed is the user's to correct, whatever command it is.
func openError(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EISDIR) || errors.Is(err, syscall.ENOTDIR) {
		return &exitError{exitUsage, err}
	}
	return &exitError{exitHarness, err}
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
		// What is refused before the command begins: an unknown command, flag or
		// argument.
		exit = &exitError{exitUsage, fmt.Errorf("%w (see '%s --help')", err, cmd.CommandPath())}
	}
	if exit.err != nil {
		text := plain.Text(exit.err)
		if advice := portAdvice(cmd, exit.err); advice != "" {
			text += "; " + advice
		}
		fmt.Fprintf(stderr, "scrapehook: %s\n", text)
	}
	return exit.code
}

func newRootCmd() *cobra.Command {
	root := &cobra.Command{
		Use:   "scrapehook",
		Short: "Web Scraper Cloud on your own machine: test your webhook receiver before production",
		Long: `Web Scraper Cloud on your own machine: test your webhook receiver before production.

Web Scraper Cloud tells a server of yours by a webhook that a scraping job has
ended. scrapehook sends these notifications faithfully, plays the API to import
from, and finds out whether your receiver loses or doubles data.`,
		Example: `  # judge the built-in receiver, or yours
  scrapehook conform
  scrapehook conform http://127.0.0.1:8080/webhook
  # send one notification, or run a whole cloud
  scrapehook send http://127.0.0.1:8080/webhook
  scrapehook cloud --endpoint http://127.0.0.1:8080/webhook
  # what does it mean?
  scrapehook explain IDEM-01`,
		Version:       buildVersion(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetVersionTemplate("{{.Name}} {{.Version}}\n")
	addCommands(root)
	config.AddFlag(root)
	groupFlags(root)
	completeValues(root)
	commandline.Polish(root)
	root.PersistentPreRunE = func(cmd *cobra.Command, args []string) error {
		if err := config.Apply(cmd); err != nil {
			return usageError("%w", err)
		}
		if err := commandline.CheckAddresses(cmd, args); err != nil {
			return usageError("%w", err)
		}
		return nil
	}
	return root
}

// addCommands adds every command in its group.
func addCommands(root *cobra.Command) {
	for _, g := range []struct {
		title    string
		commands []*cobra.Command
	}{
		{"Test a receiver:", []*cobra.Command{newConformCmd(), newSendCmd(), newTrafficCmd(), newTapCmd(), newReplayCmd()}},
		{"Run a cloud or a receiver:", []*cobra.Command{newCloudCmd(), newExecCmd(), newTriggerCmd(), newReceiveCmd(), newRecordsCmd()}},
		{"Help and settings:", []*cobra.Command{newExplainCmd(), newInitCmd(), newConfigCmd(), newManCmd(), newVersionCmd(), newHelpCmd()}},
	} {
		root.AddGroup(&cobra.Group{ID: g.title, Title: g.title})
		for _, cmd := range g.commands {
			cmd.GroupID = g.title
			root.AddCommand(cmd)
		}
	}
	root.SetHelpCommand(&cobra.Command{Use: "no-help", Hidden: true}) // help is among the commands
	root.SetCompletionCommandGroupID("Help and settings:")
}

// newHelpCmd is cobra's, except that an unknown command is an error.
func newHelpCmd() *cobra.Command {
	return &cobra.Command{
		Use:         "help [COMMAND]",
		Short:       "Show help for a command",
		Args:        cobra.MaximumNArgs(2),
		Annotations: map[string]string{config.Without: "it needs none"},
		RunE: func(cmd *cobra.Command, args []string) error {
			of, err := commandNamed(cmd.Root(), args)
			if err != nil {
				return err
			}
			return of.Help()
		},
	}
}

// commandNamed is the command that args name, such as "receive list".
func commandNamed(root *cobra.Command, args []string) (*cobra.Command, error) {
	of, rest, err := root.Find(args)
	if err == nil && len(rest) > 0 {
		err = of.ValidateArgs(rest)
	}
	if err != nil {
		return nil, usageError("%w", err)
	}
	return of, nil
}

// addProfileFlag adds --profile, the same in every command that has it.
func addProfileFlag(flags *pflag.FlagSet, name *string) {
	flags.StringVar(name, "profile", webhook.ProfileNames()[0], "the sender's rules: "+human.Or(webhook.ProfileNames()...))
}
