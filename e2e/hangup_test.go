package e2e_test

import (
	"path/filepath"
	"syscall"
	"testing"
)

// TestReceiverHangsUp closes a receiver's terminal: it stops as it does when it is
// told to, and leaves nothing of its store behind to be mended.
func TestReceiverHangsUp(t *testing.T) {
	t.Parallel()
	dir, address := t.TempDir(), freeAddress(t)
	p := newProcess(t, dir, address, filepath.Join(dir, "r.db"))
	p.start(t)
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	err := p.cmd.Wait()
	p.cmd = nil
	if err != nil {
		t.Errorf("it ended with %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "r.db-wal")); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}
