//go:build !windows

package procgroup

import (
	"os"
	"os/exec"
	"syscall"
)

// How a group is ended, as logs and reports name it.
const (
	KilledBy  = "SIGKILL"
	StoppedBy = "SIGTERM"
)

// Group is the process group of a command: what it has started, and what that
// has.
type Group struct {
	id int
	// shared is set when the command is in our own group, and then only the
	// command itself is signalled. Once it was waited for that is an error, not a
	// signal to whoever has its number then.
	shared  bool
	command *os.Process
	tied    *watchdog // nil: it outlives us
}

// Start starts a command in a group of its own.
func Start(cmd *exec.Cmd) (*Group, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &Group{id: cmd.Process.Pid}, nil
}

// StartShared starts a command in our own group: the terminal treats it as it
// treats us, so that it may read, and Ctrl-C and Ctrl-Z reach it. What it has
// started is not known then: see [EndOrphans].
func StartShared(cmd *exec.Cmd) (*Group, error) {
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &Group{shared: true, command: cmd.Process}, nil
}

// InTerminal reports whether this process has a terminal, wherever its input
// comes from.
func InTerminal() bool {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return false
	}
	_ = tty.Close() // nothing was written
	return true
}

// Signal sends a signal to every process of the group, or to the command alone
// when it shares ours.
func (g *Group) Signal(s os.Signal) error {
	number, ok := s.(syscall.Signal)
	if !ok {
		return os.ErrInvalid
	}
	if g.shared {
		return g.command.Signal(number)
	}
	return syscall.Kill(-g.id, number)
}

// Kill ends every process of the group at once.
func (g *Group) Kill() error { return g.Signal(syscall.SIGKILL) }

// Stop asks every process of the group to end.
func (g *Group) Stop() error { return g.Signal(syscall.SIGTERM) }

// Lives reports whether a process is left in the group.
func (g *Group) Lives() bool {
	if g.shared {
		return g.command.Signal(syscall.Signal(0)) == nil
	}
	return syscall.Kill(-g.id, 0) == nil && groupLives(g.id)
}
