//go:build !windows

package process

import (
	"os/exec"
	"syscall"
)

// How a group is ended, as logs and reports name it.
const (
	killedBy  = "SIGKILL"
	stoppedBy = "SIGTERM"
)

// group is the process group of a command: what it has started, and what that
// has.
type group struct{ id int }

// startGroup starts a command in a group of its own.
func startGroup(cmd *exec.Cmd) (*group, error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &group{cmd.Process.Pid}, nil
}

func (g *group) kill() error { return syscall.Kill(-g.id, syscall.SIGKILL) }
func (g *group) stop() error { return syscall.Kill(-g.id, syscall.SIGTERM) }

// lives reports whether a process is left in the group.
func (g *group) lives() bool {
	return syscall.Kill(-g.id, 0) == nil && groupLives(g.id)
}

// release gives back what the system keeps for a group that is gone.
func (g *group) release() {}
