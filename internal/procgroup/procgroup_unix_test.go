//go:build !windows

package procgroup_test

import (
	"bufio"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/procgroup"
)

// start starts a shell that has a child, and returns when both run. ended is
// closed when the shell has been waited for.
func start(t *testing.T, how func(*exec.Cmd) (*procgroup.Group, error), script string) (g *procgroup.Group, ended <-chan struct{}) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", script)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	g, err = how(cmd)
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("the shell printed %q and ended: %v", line, err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = cmd.Wait() // how it ended is the test's doing
	}()
	return g, done
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after 10 s, still not so: %s", what)
		}
	}
}

func TestGroup(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		end  func(*procgroup.Group) error
	}{
		{"killed", (*procgroup.Group).Kill},
		{"stopped", (*procgroup.Group).Stop},
		{"by a signal", func(g *procgroup.Group) error { return g.Signal(syscall.SIGHUP) }},
	} {
		g, ended := start(t, procgroup.Start, "sleep 300 & echo ready; wait")
		if !g.Lives() {
			t.Errorf("%s: it does not live at first", tc.name)
		}
		if err := tc.end(g); err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
		<-ended
		eventually(t, "the child is gone", func() bool { return !g.Lives() })
		g.Release()
	}
}

// What shares our group must be signalled alone: anything else would end us.
func TestSharedGroup(t *testing.T) {
	t.Parallel()
	g, ended := start(t, procgroup.StartShared, "echo ready; exec sleep 300")
	if !g.Lives() {
		t.Error("it does not live at first")
	}
	if err := g.Stop(); err != nil {
		t.Error(err)
	}
	<-ended
	if g.Lives() || g.Kill() == nil {
		t.Error("a command that has been waited for can still be signalled")
	}
}
