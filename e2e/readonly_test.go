package e2e_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/receiver/sqlstore"
)

// TestReadOnlyDisk has the system refuse what a receiver writes to its inbox, as
// on a disk that has become read-only under it. (A real one is not to be had in a
// test: mount(8) refuses while a file is open for writing, and a file system that
// has done it by itself does not go back.)
func TestReadOnlyDisk(t *testing.T) {
	t.Parallel()
	needs(t, "strace")
	dir, address := t.TempDir(), freeAddress(t)
	store := filepath.Join(dir, "r.db")
	world := newWorld(t, address)
	// An import whose end can't be recorded is another's when its lease ends.
	victim := world.receiver(t, dir, address, store, "--lease", "1s")
	victim.start(t)
	waitFor(t, "some notifications are acknowledged", func() bool { return world.ackedJobs() > 20 })
	mend := breakDisk(t, victim, store, "trace=pwrite64,ftruncate", "inject=pwrite64,ftruncate:error=EROFS")
	acked := mustRefuse(t, "http://"+address+"/webhook")
	mend()
	world.settle(t)
	awaitIdle(t, store)
	world.compare(t, readRows(sqlstore.RowsPath(store)))
	mustHold(t, store, acked)
	mustSay(t, victim, "could not keep notifications", "r.db: disk I/O error", "has become read-only", "notifications are kept again")
}

// TestFailedSync has one sync of the inbox fail. The kernel takes what it could
// not write for written from then on, so that the log is not to be relied on any
// more: the next acknowledgement follows only when all of it is elsewhere.
func TestFailedSync(t *testing.T) {
	t.Parallel()
	needs(t, "strace")
	dir, address := t.TempDir(), freeAddress(t)
	store, url := filepath.Join(dir, "r.db"), "http://"+address+"/webhook"
	victim := newProcess(t, dir, address, store)
	victim.start(t)
	const form = "scrapingjob_id=1&status=started&sitemap_id=1"
	for range 20 {
		if code := notify(t, url, form); code != http.StatusOK {
			t.Fatalf("answered %d", code)
		}
	}
	logged := size(t, store+"-wal")
	mend := breakDisk(t, victim, store, "trace=fdatasync", "inject=fdatasync:error=EIO:when=1")
	if code := notify(t, url, form); code != http.StatusServiceUnavailable {
		t.Errorf("answered %d without a sync", code)
	}
	mend()
	if code := notify(t, url, form); code != http.StatusOK {
		t.Errorf("answered %d when syncs work again", code)
	}
	if now := size(t, store+"-wal"); now >= logged {
		t.Errorf("the log has %d bytes, and had %d when a sync failed: it did not begin anew", now, logged)
	}
	mustSay(t, victim, "disk I/O error (1034)", "notifications are kept again")
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// breakDisk injects errors into the calls of a receiver that are about its inbox,
// until mend is called.
func breakDisk(t *testing.T, p *process, store string, expressions ...string) (mend func()) {
	t.Helper()
	args := []string{"-f", "-o", os.DevNull, "-p", strconv.Itoa(p.cmd.Process.Pid), "-P", store, "-P", store + "-wal"}
	for _, e := range expressions {
		args = append(args, "-e", e)
	}
	tracer := exec.CommandContext(t.Context(), "strace", args...)
	said, err := tracer.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := tracer.Start(); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for buffer := make([]byte, 1000); !strings.Contains(text.String(), "attached"); {
		n, err := said.Read(buffer)
		text.Write(buffer[:n])
		if err != nil {
			t.Fatalf("strace ended: %s", &text)
		}
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		_, _ = io.Copy(io.Discard, said)
	}()
	return func() {
		if err := tracer.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
		<-drained
		_ = tracer.Wait() // it was interrupted
	}
}

// A store on a disk that is read-only from the start is refused, and said why.
func TestStartOnReadOnlyDisk(t *testing.T) {
	t.Parallel()
	frozen := newDisk(t, "ro")
	cmd := command(t.Context(), t.TempDir(), nil, "receive", "--listen", freeAddress(t), "--api-token", "x", "--api-url", "http://127.0.0.1:1/api/v1/", "--store", filepath.Join(frozen.at, "r.db"))
	frozen.mountFor(cmd)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("ended with %v", err)
	}
	if text := string(out); strings.Count(text, "\n") != 1 || !strings.Contains(text, frozen.at) || !strings.Contains(text, "read-only file system") {
		t.Errorf("said %q", text)
	}
}
