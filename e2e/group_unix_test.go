//go:build unix

package e2e_test

import (
	"os/exec"
	"syscall"
)

// ownGroup gives a command that is to be started a process group, which the end
// of the command's context sends a signal.
func ownGroup(cmd *exec.Cmd, end syscall.Signal) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return signalGroup(cmd, end) }
}

func signalGroup(cmd *exec.Cmd, sig syscall.Signal) error {
	return syscall.Kill(-cmd.Process.Pid, sig)
}
