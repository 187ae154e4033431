package e2e_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/scrapehook/scrapehook/receiver/sqlstore"
)

// disk is a disk of its own for one process: a small one, in the memory, that is
// mounted where only the process sees it, and that goes with the process.
type disk struct {
	at      string // where the process sees it
	options string // of the mount
	cmd     *exec.Cmd
}

func newDisk(t *testing.T, options string) *disk {
	t.Helper()
	needs(t, "mount")
	return &disk{at: t.TempDir(), options: options}
}

// mountFor makes cmd begin in a mount namespace of its own, in which the disk is.
func (d *disk) mountFor(cmd *exec.Cmd) {
	args := []string{"unshare", "--mount"}
	if os.Getuid() != 0 {
		args = append(args, "--map-root-user")
	}
	args = append(args, "sh", "-c", `mount -t tmpfs -o "$0" tmpfs "$1" && shift && exec "$@"`, d.options, d.at, cmd.Path)
	cmd.Args = append(args, cmd.Args[1:]...)
	cmd.Path, cmd.Err = exec.LookPath(args[0])
	d.cmd = cmd
}

// path is the way to a file of the disk for everyone else, as long as the process
// lives.
func (d *disk) path(name string) string {
	return filepath.Join("/proc", strconv.Itoa(d.cmd.Process.Pid), "root", d.at, name)
}

// database copies a database from the disk to where SQLite can read it: SQLite
// resolves the links in a path by itself, and so finds no way there. Nobody may be
// writing to it.
func (d *disk) database(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	for _, file := range []string{name, name + "-wal"} {
		content, err := os.ReadFile(d.path(file))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, file), content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, name)
}

const filler = "filler"

// fill leaves not one byte.
func (d *disk) fill(t *testing.T) {
	t.Helper()
	file, err := os.Create(d.path(filler))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for size := 64 << 10; size > 0; {
		if _, err = file.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("filling the disk ended with %v", err)
	}
}

func (d *disk) free(t *testing.T) {
	t.Helper()
	if err := os.Remove(d.path(filler)); err != nil {
		t.Fatal(err)
	}
}

// mustRefuse notifies until it is refused, and expects that the next are refused
// too, and how. It returns the jobs that were acknowledged before: what the log
// has of its own to write over again takes a few.
func mustRefuse(t *testing.T, url string) (acked []int) {
	t.Helper()
	for id, refused := 1<<30, 0; refused < 20; id++ {
		code, header := notifyFor(t, url, fmt.Sprintf("scrapingjob_id=%d&status=started&sitemap_id=1", id))
		switch {
		case code == http.StatusServiceUnavailable && header.Get("Retry-After") != "":
			refused++
		case code == http.StatusOK && refused == 0 && len(acked) < 5000:
			acked = append(acked, id)
		default:
			t.Fatalf("answered %d with Retry-After %q, after %d were acknowledged and %d refused", code, header.Get("Retry-After"), len(acked), refused)
		}
	}
	return acked
}

// TestFullDisk fills the disk under a receiver, inbox and rows, in steady traffic:
// nothing is acknowledged that is not kept, and when there is room again, the same
// process goes on by itself.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	small, address := newDisk(t, "size=16m"), freeAddress(t)
	world := newWorld(t, address)
	victim := world.receiver(t, t.TempDir(), address, filepath.Join(small.at, "r.db"))
	victim.disk = small
	victim.start(t)
	waitFor(t, "some notifications are acknowledged", func() bool { return world.ackedJobs() > 20 })
	small.fill(t)
	acked := mustRefuse(t, "http://"+address+"/webhook")
	small.free(t)
	world.settle(t)
	waitFor(t, "every import is done", func() bool { return metric(t, address, "scrapehook_receiver_imports_wanted") == "0" })
	world.compare(t, readRows(small.database(t, "r-rows.db")))
	mustHold(t, small.database(t, "r.db"), acked)
	mustSay(t, victim, "could not keep notifications", "r.db: database or disk is full", "notifications are kept again")
}

// metric returns what a receiver's /metrics says of a metric without labels.
func metric(t *testing.T, address, name string) string {
	t.Helper()
	resp, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(body)) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	t.Fatalf("%s is no metric", name)
	return ""
}

// mustHold expects the jobs in the inbox.
func mustHold(t *testing.T, store string, jobs []int) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+store+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, id := range jobs {
		var n int
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM inbox WHERE job_id = ?", id).Scan(&n); err != nil || n != 1 {
			t.Errorf("job %d was acknowledged, and is in the inbox %d times, %v", id, n, err)
		}
	}
}

// mustSay waits until the log of a receiver says something.
func mustSay(t *testing.T, p *process, texts ...string) {
	t.Helper()
	for _, want := range texts {
		waitFor(t, "the log says "+want, func() bool { return strings.Contains(p.log.String(), want) })
	}
}

// TestFullDiskDuringImports fills the disk that an import needs, while the inbox
// has room: what arrives is acknowledged, imports fail and leave nothing behind,
// and are done when there is room again.
func TestFullDiskDuringImports(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		// prepare returns the flags that put something on the disk, and how rows
		// are read.
		prepare func(t *testing.T, small *disk, store string) (flags []string, read func(id int64) ([]json.RawMessage, error))
		says    string
		leaves  string // a pattern of what would be left behind
	}{
		"spool":     {spoolOn, "writing the download to disk", "*"},
		"directory": {directoryOn, "writing the rows", ".unfinished-*"},
		"rows":      {rowsOn, "database or disk is full", "no file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			small, address, dir := newDisk(t, "size=16m"), freeAddress(t), t.TempDir()
			store := filepath.Join(dir, "r.db")
			flags, read := tc.prepare(t, small, store)
			world := newWorld(t, address)
			victim := world.receiver(t, dir, address, store, flags...)
			victim.disk = small
			victim.start(t)
			small.fill(t)
			waitFor(t, "an import fails", func() bool {
				l, err := backlog(t, store)
				return err == nil && l.Failing > 0
			})
			world.settle(t) // every notification is acknowledged all the same
			if left, err := filepath.Glob(small.path(tc.leaves)); err != nil || len(left) > 1 || len(left) == 1 && filepath.Base(left[0]) != filler {
				t.Errorf("left %v behind, %v", left, err)
			}
			o := scrapehook(t, "receive", "list", "--store", store)
			if !strings.Contains(o.stdout, tc.says) || !strings.Contains(o.stdout, "tried again in") {
				t.Errorf("listed\n%s\nwant an import with %q", o.stdout, tc.says)
			}
			small.free(t)
			awaitIdle(t, store)
			world.compare(t, read)
		})
	}
}

func spoolOn(_ *testing.T, small *disk, store string) ([]string, func(int64) ([]json.RawMessage, error)) {
	return []string{"--spool-dir", small.at}, readRows(sqlstore.RowsPath(store))
}

// rowsOn leaves the inbox where it is.
func rowsOn(t *testing.T, small *disk, store string) ([]string, func(int64) ([]json.RawMessage, error)) {
	t.Helper()
	if err := os.Symlink(filepath.Join(small.at, "rows.db"), sqlstore.RowsPath(store)); err != nil {
		t.Fatal(err)
	}
	return nil, func(id int64) ([]json.RawMessage, error) { return readRows(small.database(t, "rows.db"))(id) }
}

func readRows(path string) func(int64) ([]json.RawMessage, error) {
	return func(id int64) ([]json.RawMessage, error) {
		rows, err := sqlstore.OpenRows(path)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		return rows.Rows(context.Background(), id, 1000)
	}
}

func directoryOn(_ *testing.T, small *disk, _ string) ([]string, func(int64) ([]json.RawMessage, error)) {
	return []string{"--sink", "dir:" + small.at}, func(id int64) ([]json.RawMessage, error) {
		body, err := os.ReadFile(small.path(strconv.FormatInt(id, 10) + ".jsonl"))
		var rows []json.RawMessage
		for line := range bytes.Lines(body) {
			rows = append(rows, bytes.TrimSuffix(line, []byte("\n")))
		}
		return rows, err
	}
}

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
	cmd := command(t.Context(), t.TempDir(), nil, "receive", "--listen", freeAddress(t), "--api-token", "x", "--store", filepath.Join(frozen.at, "r.db"))
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
