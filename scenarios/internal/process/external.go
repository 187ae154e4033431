package process

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/scrapehook/scrapehook/internal/shell"
)

// External is a receiver that somebody else runs, in a container perhaps, and
// that commands of the user's kill and start. Its methods must not be called
// concurrently, except Kill and Log.
type External struct {
	cfg   Config
	start string
	kill  string
	log   *Log
}

// NewExternal returns a receiver that the shell command start starts (and then
// returns), and kill kills as a crash would. cfg.Command is not used.
func NewExternal(cfg Config, start, kill string) *External {
	return &External{cfg: cfg.withDefaults(), start: start, kill: kill, log: &Log{}}
}

// Start runs the start command, unless the receiver answers already, and
// returns when the endpoint answers.
func (e *External) Start(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, e.cfg.StartTimeout,
		fmt.Errorf("no answer at %s within %v", e.cfg.Endpoint, e.cfg.StartTimeout))
	defer cancel()
	if Answers(ctx, e.cfg.Endpoint) {
		return nil
	}
	if err := e.run(ctx, e.start); err != nil {
		return fmt.Errorf("starting the receiver: %w", err)
	}
	e.log.note("the receiver is started, by its command")
	if err := poll(ctx, pollEvery, func() bool { return Ready(ctx, e.cfg.Endpoint) }); err != nil {
		return fmt.Errorf("starting the receiver: %w", err)
	}
	e.log.note("it answers")
	return nil
}

// Kill runs the kill command.
func (e *External) Kill() {
	ctx, cancel := context.WithTimeout(context.Background(), groupLimit)
	defer cancel()
	if err := e.run(ctx, e.kill); err != nil {
		fmt.Fprintf(e.log, "%v\n", err) // what lives on shows in Crash
		return
	}
	e.log.note("the receiver is killed, by its command")
}

// Crash kills the receiver and returns when nothing listens at the endpoint any
// more.
func (e *External) Crash(ctx context.Context) error {
	if listens(ctx, e.cfg.Endpoint) {
		e.Kill()
	}
	ctx, cancel := context.WithTimeoutCause(ctx, groupLimit, fmt.Errorf("%q left something that listens at %s", e.kill, e.cfg.Endpoint))
	defer cancel()
	if err := poll(ctx, pollEvery, func() bool { return !listens(ctx, e.cfg.Endpoint) }); err != nil {
		return fmt.Errorf("killing the receiver: %w", err)
	}
	e.log.note("nothing listens there any more")
	return nil
}

// OnDeath does nothing: nobody tells us when it ends.
func (e *External) OnDeath(func(how string)) {}

// Stop leaves the receiver alone: who runs it stops it.
func (e *External) Stop(context.Context) error { return nil }

// Log is what the commands printed, and what they did.
func (e *External) Log() *Log { return e.log }

func (e *External) run(ctx context.Context, command string) error {
	cmd := shell.CommandContext(ctx, command)
	cmd.Env = append(os.Environ(), e.cfg.Env...)
	cmd.Stdout, cmd.Stderr = e.log, e.log
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%q: %w", command, err)
	}
	return nil
}

// poll asks every so often until it is so, or ctx ends.
func poll(ctx context.Context, every time.Duration, is func() bool) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}
