//go:build !windows

package pgtest

import (
	"os"
	"os/exec"
	"syscall"
)

// apart gives a program a group of its own, since an interrupt is for the tests,
// who stop it; and, where we are root, the user of the package.
func apart(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() != 0 {
		return nil
	}
	uid, gid, err := unprivileged()
	if err != nil {
		return err
	}
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uid, Gid: gid}
	return nil
}
