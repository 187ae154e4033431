//go:build !windows

package e2e_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// answersSignal has signals reach what is started from here on: what this process
// ignores, it would ignore too.
func answersSignal(t *testing.T, s os.Signal) {
	t.Helper()
	hung := make(chan os.Signal, 1)
	signal.Notify(hung, s)
	t.Cleanup(func() { signal.Stop(hung) })
}

func accepts(address string) bool {
	conn, err := net.Dial("tcp", address)
	if err == nil {
		_ = conn.Close()
	}
	return err == nil
}

// suite starts conform with a receiver that is a grandchild, and returns when the
// first verdict is known.
func suite(t *testing.T) (cmd *exec.Cmd, dir, address string, stdout *syncBuffer) {
	t.Helper()
	dir, address = t.TempDir(), freeAddress(t)
	cmd = command(t.Context(), dir, []string{"ROWS_FILE=" + filepath.Join(dir, "rows.jsonl")},
		"conform", "--json", "r.json", "--html", "r.html", "--run", serveBinary+" correct & wait", "--probe", "file:rows.jsonl", "http://"+address+"/")
	var stderr syncBuffer
	stdout = &syncBuffer{}
	cmd.Stdout, cmd.Stderr = stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the first verdict", func() bool { return strings.Contains(stderr.String(), "ACK-02   pass") })
	if !accepts(address) {
		t.Fatal("the receiver does not run")
	}
	return cmd, dir, address, stdout
}

// TestConformHangsUp closes the terminal of a run: what was known is reported, and
// the receiver is stopped with all of its children.
func TestConformHangsUp(t *testing.T) {
	t.Parallel()
	answersSignal(t, syscall.SIGHUP)
	cmd, dir, address, stdout := suite(t)
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // the exit code tells
	if code := cmd.ProcessState.ExitCode(); code != 130 || !strings.Contains(stdout.String(), "\ninterrupted  (") {
		t.Errorf("exit %d\n%s", code, stdout.String())
	}
	for _, name := range []string{"r.json", "r.html"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	if accepts(address) {
		t.Error("the receiver outlived the run")
	}
}

// TestKilledConformTakesItsReceiverAlong kills the suite itself: the receiver and
// its port are free soon.
func TestKilledConformTakesItsReceiverAlong(t *testing.T) {
	t.Parallel()
	cmd, _, address, _ := suite(t)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	waitFor(t, "the receiver's port is free", func() bool { return !accepts(address) })
}

// TestSendersHangUp closes the terminal of a load and of a cloud: their records
// are whole, and the load's report is written.
func TestSendersHangUp(t *testing.T) {
	t.Parallel()
	answersSignal(t, syscall.SIGHUP)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	for name, tc := range map[string]struct {
		args []string
		code int
		says string // on stdout or stderr
	}{
		"traffic": {[]string{"traffic", "--duration", "5m", "--rate", "200/s", "--html", "r.html", "--record", "record", server.URL}, 130, "delivered"},
		"cloud":   {[]string{"cloud", "--listen", "127.0.0.1:0", "--job-time", "10ms", "--endpoint", server.URL, "--record", "record"}, 0, "stopped:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			cmd := command(t.Context(), dir, nil, tc.args...)
			var out syncBuffer
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if name == "cloud" {
				waitFor(t, "it has begun", func() bool { return strings.Contains(out.String(), "seed") })
				_, rest, _ := strings.Cut(out.String(), "control  ")
				p := &cloudProcess{ControlURL: strings.Fields(rest)[0], client: http.DefaultClient}
				p.create(t, 10, 0)
			}
			record := filepath.Join(dir, "record")
			waitFor(t, "something is recorded", func() bool { _, err := os.Stat(record); return err == nil })
			if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // the exit code tells
			if code := cmd.ProcessState.ExitCode(); code != tc.code || !strings.Contains(out.String(), tc.says) {
				t.Errorf("exit %d\n%s", code, out.String())
			}
			replayed := scrapehook(t, "replay", "--speed", "1000", record, server.URL)
			if replayed.code != 0 {
				t.Errorf("its record can't be replayed: %d %s%s", replayed.code, replayed.stdout, replayed.stderr)
			}
			if _, err := os.Stat(filepath.Join(dir, "r.html")); name == "traffic" && err != nil {
				t.Error(err)
			}
		})
	}
}
