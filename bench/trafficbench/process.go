package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// The cores that targets and senders are pinned to.
const (
	targetCore = 0
	senderCore = 1
)

// pinned is a command line that runs on one core, as far as taskset is there.
func pinned(core int, args []string) []string {
	taskset, err := exec.LookPath("taskset")
	if err != nil {
		return args
	}
	return append([]string{taskset, "-c", strconv.Itoa(core)}, args...)
}

// target is a running process of serveTarget.
type target struct {
	address string
	cmd     *exec.Cmd
	stdin   io.Closer
	stdout  *bufio.Reader
}

func startTarget(ctx context.Context, self, kind string, marks ...int) (*target, error) {
	args := []string{self, "target", kind}
	for _, mark := range marks {
		args = append(args, strconv.Itoa(mark))
	}
	args = pinned(targetCore, args)
	t := &target{cmd: exec.CommandContext(ctx, args[0], args[1:]...)} //nolint:gosec // ourselves
	t.cmd.Stderr = os.Stderr
	stdin, err := t.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := t.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	t.stdin, t.stdout = stdin, bufio.NewReader(stdout)
	if err := t.cmd.Start(); err != nil {
		return nil, err
	}
	if t.address, err = t.line(); err != nil {
		return nil, errors.Join(err, t.kill())
	}
	return t, nil
}

// line is the next line that the target prints: its address, then its marks.
func (t *target) line() (string, error) {
	line, err := t.stdout.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("the target ended: %w", err)
	}
	return strings.TrimSpace(line), nil
}

// finish stops the target and returns what it saw.
func (t *target) finish() (*Record, error) {
	if err := t.stdin.Close(); err != nil {
		return nil, errors.Join(err, t.kill())
	}
	record := &Record{}
	if err := gob.NewDecoder(t.stdout).Decode(record); err != nil {
		return nil, errors.Join(fmt.Errorf("reading the target's record: %w", err), t.kill())
	}
	if err := t.cmd.Wait(); err != nil {
		return nil, fmt.Errorf("the target failed: %w", err)
	}
	if record.Dropped > 0 {
		return nil, fmt.Errorf("the target had %d requests more than its record may hold: use a shorter -duration", record.Dropped)
	}
	return record, nil
}

func (t *target) kill() error {
	err := t.cmd.Process.Kill()
	_ = t.cmd.Wait() // its status is that of a kill
	return err
}

// sender is a running tool.
type sender struct {
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
	stop           chan struct{}
	peak           chan int64
}

// spent is what a tool took of the machine, from its start to its end.
type spent struct {
	cpu  time.Duration
	peak int64 // resident memory in bytes, as seen every 50 ms
}

func startSender(ctx context.Context, args []string) (*sender, error) {
	args = pinned(senderCore, args)
	s := &sender{cmd: exec.CommandContext(ctx, args[0], args[1:]...), stop: make(chan struct{}), peak: make(chan int64, 1)} //nolint:gosec // what we measure
	s.cmd.Stdout, s.cmd.Stderr = &s.stdout, &s.stderr
	// k6 may otherwise look for builds of itself elsewhere.
	s.cmd.Env = append(os.Environ(), "K6_AUTO_EXTENSION_RESOLUTION=false", "K6_BINARY_PROVISIONING=false")
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go s.watch()
	return s, nil
}

// watch follows the peak of the process's memory until stop is closed.
func (s *sender) watch() {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	var peak int64
	for {
		select {
		case <-s.stop:
			s.peak <- peak
			return
		case <-tick.C:
			if now, err := s.memory("VmHWM:"); err == nil { // it may have ended
				peak = max(peak, now)
			}
		}
	}
}

// memory is a figure of the process's status, in bytes.
func (s *sender) memory(figure string) (int64, error) {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(s.cmd.Process.Pid) + "/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, figure); ok {
			kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			return kilobytes << 10, err
		}
	}
	return 0, fmt.Errorf("the process's status has no %s", figure)
}

// finish waits for the tool's end.
func (s *sender) finish() (spent, []byte, error) {
	err := s.cmd.Wait()
	close(s.stop)
	used := spent{peak: <-s.peak, cpu: s.cmd.ProcessState.UserTime() + s.cmd.ProcessState.SystemTime()}
	if err != nil {
		err = fmt.Errorf("%w: %s", err, bytes.TrimSpace(s.stderr.Bytes()))
	}
	return used, s.stdout.Bytes(), err
}

// abandon ends the tool before its time.
func (s *sender) abandon() error {
	err := s.cmd.Process.Kill()
	_, _, _ = s.finish() // its status is that of a kill
	return err
}
