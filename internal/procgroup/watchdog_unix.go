//go:build !windows

package procgroup

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// watchdog is a process that ends a group when ours ends in a way that leaves us
// no time to do it, as a SIGKILL does. The kernel tells it: the other end of its
// input is ours alone.
type watchdog struct {
	cmd  *exec.Cmd
	ours *os.File
}

// TieToUs has the group killed if our process is. Release undoes it. On Windows
// every group is tied.
func (g *Group) TieToUs() error {
	theirs, ours, err := os.Pipe()
	if err != nil {
		return err
	}
	defer theirs.Close() //nolint:errcheck // nothing was written to it
	// A line is the release, the end of the input our death.
	cmd := exec.Command("sh", "-c", `read -r _ || kill -KILL -- "-$0"`, strconv.Itoa(g.id)) //nolint:gosec,noctx // a number; it outlives us
	cmd.Stdin = theirs
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is not for it
	if err := cmd.Start(); err != nil {
		_ = ours.Close() // nobody reads from it
		return err
	}
	g.tied = &watchdog{cmd, ours}
	return nil
}

// Release gives back what the system keeps for a group that is gone.
func (g *Group) Release() {
	if g.tied == nil {
		return
	}
	_, _ = g.tied.ours.WriteString("\n") // it may have been killed
	_ = g.tied.ours.Close()
	_ = g.tied.cmd.Wait()
	g.tied = nil
}
