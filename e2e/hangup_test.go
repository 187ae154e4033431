package e2e_test

import (
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestReceiverHangsUp closes a receiver's terminal: it stops as it does when it is
// told to, and leaves nothing of its store behind to be mended.
func TestReceiverHangsUp(t *testing.T) {
	t.Parallel()
	// What ignores the signal hands that down; a handler does not.
	hung := make(chan os.Signal, 1)
	signal.Notify(hung, syscall.SIGHUP)
	t.Cleanup(func() { signal.Stop(hung) })
	dir, address := t.TempDir(), freeAddress(t)
	p := newProcess(t, dir, address, filepath.Join(dir, "r.db"))
	p.start(t)
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	process := p.cmd.Process
	limit := time.AfterFunc(time.Minute, func() { _ = process.Kill() })
	err := p.cmd.Wait()
	limit.Stop()
	p.cmd = nil
	if err != nil {
		t.Errorf("it ended with %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "r.db-wal")); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}
