// Package process runs a receiver for the time of a conformance run: it starts
// the user's command, waits until it answers, kills it as a crash would, and
// starts it again. It keeps what the receiver prints.
package process

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/internal/procgroup"
	"github.com/scrapehook/scrapehook/internal/shell"
)

const (
	pollEvery   = 20 * time.Millisecond
	answerLimit = 2 * time.Second
	// groupLimit is how long the members of a killed group may take to be gone.
	groupLimit = 10 * time.Second
)

// Config is how to run a receiver.
type Config struct {
	// Command is run through sh -c, in a process group of its own; on Windows
	// through cmd /C, in a job object.
	Command string
	// Program makes what is run in place of Command, without a shell; its Env may
	// keep ours from it. It is called for each start.
	Program func() *exec.Cmd
	// Env is added to our own environment.
	Env []string
	// Endpoint is the URL that answers when the receiver is ready. Any HTTP
	// answer will do.
	Endpoint string
	// StartTimeout bounds the wait for that answer; 0 is 30 s.
	StartTimeout time.Duration
	// StopTimeout is how long Stop waits, after it has asked, before it kills; 0
	// is 10 s.
	StopTimeout time.Duration
}

// Process is a receiver under our control. Its methods must not be called
// concurrently, except Kill and Log.
type Process struct {
	cfg Config
	log *Log

	mu      sync.Mutex
	group   *procgroup.Group // nil: not running
	gone    chan struct{}    // closed when the shell has ended
	ending  bool             // we have asked it to end, or killed it
	ready   bool             // it has answered since its start
	onDeath func(how string)
	err     error // how it ended; read after gone
}

func (c Config) withDefaults() Config {
	if c.StartTimeout == 0 {
		c.StartTimeout = 30 * time.Second
	}
	if c.StopTimeout == 0 {
		c.StopTimeout = 10 * time.Second
	}
	return c
}

// New returns a process that is not started yet.
func New(cfg Config) *Process {
	return &Process{cfg: cfg.withDefaults(), log: &Log{}}
}

func (c Config) command() *exec.Cmd {
	var cmd *exec.Cmd
	if c.Program != nil {
		cmd = c.Program()
	} else {
		// Not CommandContext: the group is ours to kill, and Stop does it.
		cmd = shell.Command(c.Command)
	}
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(cmd.Env, c.Env...)
	return cmd
}

// Start runs the command and returns when the endpoint answers.
func (p *Process) Start(ctx context.Context) error {
	if listens(ctx, p.cfg.Endpoint) {
		return fmt.Errorf("starting the receiver: something listens at %s already", p.cfg.Endpoint)
	}
	cmd := p.cfg.command()
	cmd.Stdout, cmd.Stderr = p.log, p.log
	// A grandchild that outlives the group could hold the pipe open for ever.
	cmd.WaitDelay = time.Second
	group, err := procgroup.Start(cmd)
	if err != nil {
		return fmt.Errorf("starting the receiver: %w", err)
	}
	if err := group.TieToUs(); err != nil {
		p.log.note("it would outlive a kill of ours: %v", err)
	}
	gone := make(chan struct{})
	p.mu.Lock()
	if p.group != nil { // it has ended by itself
		p.group.Release()
	}
	p.group, p.gone, p.ending, p.ready = group, gone, false, false
	p.mu.Unlock()
	p.log.note("the receiver is started")
	go func() {
		p.err = cmd.Wait()
		p.log.note("its process has ended: %v", exitState(p.err))
		p.mu.Lock()
		byItself, tell := p.ready && !p.ending, p.onDeath
		p.mu.Unlock()
		close(gone)
		if byItself && tell != nil {
			tell(exitState(p.err).Error())
		}
	}()
	if err := p.awaitReady(ctx, gone); err != nil {
		return err
	}
	p.mu.Lock()
	p.ready = true
	p.mu.Unlock()
	p.log.note("it answers")
	return nil
}

// OnDeath has tell called when the process ends by itself after it was ready,
// from a goroutine that must not be held up; how is its exit status in words. It
// must be called before Start, or while the process runs.
func (p *Process) OnDeath(tell func(how string)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.onDeath = tell
}

func (p *Process) awaitReady(ctx context.Context, gone <-chan struct{}) error {
	ctx, cancel := context.WithTimeoutCause(ctx, p.cfg.StartTimeout,
		fmt.Errorf("no answer at %s within %v", p.cfg.Endpoint, p.cfg.StartTimeout))
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for !Ready(ctx, p.cfg.Endpoint) {
		select {
		case <-gone:
			return fmt.Errorf("starting the receiver: it ended (%w) before it answered at %s", exitState(p.err), p.cfg.Endpoint)
		case <-ctx.Done():
			return fmt.Errorf("starting the receiver: %w", context.Cause(ctx))
		case <-tick.C:
		}
	}
	return nil
}

// listens reports whether a connection to the endpoint is accepted.
func listens(ctx context.Context, endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil {
		return false
	}
	port := u.Port()
	if port == "" {
		port = u.Scheme // net knows the ports of http and https by name
	}
	dialer := net.Dialer{Timeout: answerLimit}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// Ready reports whether url answers as more than a proxy whose program is still
// starting, which says 502, 503 or 504.
func Ready(ctx context.Context, url string) bool {
	status, ok := answer(ctx, url)
	return ok && status != http.StatusBadGateway && status != http.StatusServiceUnavailable && status != http.StatusGatewayTimeout
}

// Answers reports whether there is any HTTP answer at url.
func Answers(ctx context.Context, url string) bool {
	_, ok := answer(ctx, url)
	return ok
}

func answer(ctx context.Context, url string) (status int, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, false
	}
	// Whether its certificate is right is seen, and said, when something is sent.
	transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // it is only asked whether it is there
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return 0, false
	}
	_ = resp.Body.Close()
	return resp.StatusCode, true
}

// Kill ends every process of the group at once, as a crash would, and does not
// wait. It may be called from anywhere, also when nothing runs.
func (p *Process) Kill() {
	_ = p.end((*procgroup.Group).Kill, "the receiver is killed ("+procgroup.KilledBy+")")
}

// end has the group end by a verb of it, and reports whether that reached it.
func (p *Process) end(verb func(*procgroup.Group) error, what string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ending = true
	if p.group == nil || verb(p.group) != nil { // gone already, or not to be asked
		return false
	}
	p.log.note("%s", what)
	return true
}

// Crash kills the group and returns when all of it is gone.
func (p *Process) Crash(ctx context.Context) error {
	p.Kill()
	return p.reap(ctx)
}

// Stop asks the whole group to end, with SIGTERM or on Windows with
// CTRL_BREAK_EVENT, waits until all of it is gone,
// kills what is left after the stop timeout, and returns when nothing is left.
// Where it can't be asked, as on Windows without a console, it is killed at once.
// Stopping twice is safe.
func (p *Process) Stop(ctx context.Context) error {
	asked := p.end((*procgroup.Group).Stop, "the receiver is asked to stop ("+procgroup.StoppedBy+")")
	p.mu.Lock()
	group, gone := p.group, p.gone
	p.mu.Unlock()
	if asked {
		ctx, cancel := context.WithTimeout(ctx, p.cfg.StopTimeout)
		defer cancel()
		select {
		case <-gone: // the shell may be gone before what it started
			_ = poll(ctx, pollEvery, func() bool { return !group.Lives() }) // what is left is killed
		case <-ctx.Done():
		}
	}
	return p.Crash(context.WithoutCancel(ctx))
}

// reap waits for the shell and for every other member of its group.
func (p *Process) reap(ctx context.Context) error {
	p.mu.Lock()
	group, gone := p.group, p.gone
	p.mu.Unlock()
	if group == nil {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, groupLimit, errors.New("the receiver's processes did not end"))
	defer cancel()
	select {
	case <-gone:
	case <-ctx.Done():
		return fmt.Errorf("killing the receiver: %w", context.Cause(ctx))
	}
	if err := poll(ctx, time.Millisecond, func() bool { return !group.Lives() }); err != nil {
		return fmt.Errorf("killing the receiver: %w", err)
	}
	p.mu.Lock()
	p.group, p.gone = nil, nil
	p.mu.Unlock()
	group.Release()
	p.log.note("all of it is gone")
	return nil
}

// Running reports whether the command has been started and not ended.
func (p *Process) Running() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone == nil {
		return false
	}
	select {
	case <-p.gone:
		return false
	default:
		return true
	}
}

// Log is what the receiver printed, and what happened to it.
func (p *Process) Log() *Log { return p.log }

// exitState never returns nil: a receiver that ends with status 0 has ended
// all the same.
func exitState(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}
