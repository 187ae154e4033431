package e2e_test

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// TestConformInterrupted interrupts a run in its middle: what was known is
// reported, and the receiver is stopped with all of its children.
func TestConformInterrupted(t *testing.T) {
	t.Parallel()
	dir, address := t.TempDir(), freeAddress(t)
	// The receiver is a grandchild: a shell that waits for it in the background.
	cmd := command(t.Context(), dir, []string{"ROWS_FILE=" + filepath.Join(dir, "rows.jsonl")},
		"conform", "--json", "r.json", "--junit", "r.xml",
		"--run", serveBinary+" correct & wait", "--probe", "file:rows.jsonl", "http://"+address+"/")
	var stdout, stderr syncBuffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the first verdict", func() bool { return strings.Contains(stderr.String(), "ACK-02   pass") })
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // the exit code tells
	if code := cmd.ProcessState.ExitCode(); code != 130 || !strings.Contains(stdout.String(), "\ninterrupted  (") {
		t.Errorf("exit %d\n%s%s", code, stdout.String(), stderr.String())
	}
	body, err := os.ReadFile(filepath.Join(dir, "r.json"))
	if err != nil {
		t.Fatal(err)
	}
	r := readReport(t, body)
	if v := r.verdicts(); v["ACK-02"] != "pass" || v["DUR-01"] != "blocked" || r.Totals["fail"] != 0 {
		t.Errorf("verdicts %v", v)
	}
	if _, err := os.Stat(filepath.Join(dir, "r.xml")); err != nil {
		t.Error(err)
	}
	if conn, err := net.Dial("tcp", address); err == nil {
		conn.Close()
		t.Error("the receiver outlived the run")
	}
}

// syncBuffer may be written by a command while a test reads it.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
