package sqlstore_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io/fs"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/receiver/sqlstore"
	"github.com/scrapehook/scrapehook/webhook"
)

func open(t *testing.T, path string) *sqlstore.Store {
	t.Helper()
	s, err := sqlstore.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func accept(t *testing.T, s *sqlstore.Store, ids ...int64) {
	t.Helper()
	arrivals := make([]receiver.Arrival, 0, len(ids))
	for _, id := range ids {
		arrivals = append(arrivals, receiver.Arrival{
			Notification: webhook.Notification{JobID: id, Status: webhook.Finished, SitemapID: 1, SitemapName: "s"},
			ReceivedAt:   time.Now(), Wanted: true,
		})
	}
	if err := s.Inbox.Accept(t.Context(), arrivals); err != nil {
		t.Fatal(err)
	}
}

// lease leases what is due, and waits for it to be: times are rounded up.
func lease(t *testing.T, s *sqlstore.Store, owner string) receiver.Lease {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		l, ok, err := s.Inbox.Lease(t.Context(), owner, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			return l
		}
	}
	t.Fatal("nothing is due")
	return receiver.Lease{}
}

// wantWait expects the next import to be due in about d, or none if d is < 0.
func wantWait(t *testing.T, s *sqlstore.Store, d time.Duration) {
	t.Helper()
	wait, ok, err := s.Inbox.NextDue(t.Context())
	if err != nil || ok != (d >= 0) || ok && (wait > d+time.Second || wait < d-10*time.Minute) {
		t.Errorf("the next is due in %v, %v, %v, want %v", wait, ok, err, d)
	}
}

func TestLeaseOneByOne(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "inbox.db"))
	wantWait(t, s, -1)
	accept(t, s, 7, 8, 7)
	a, b := lease(t, s, "a"), lease(t, s, "b")
	if a.JobID == b.JobID {
		t.Fatalf("%+v and %+v are of one job", a, b)
	}
	if a.JobID == 8 {
		a, b = b, a
	}
	if a.Generation != 2 || b.Generation != 1 {
		t.Errorf("generations %d and %d, want 2 and 1", a.Generation, b.Generation)
	}
	if _, ok, err := s.Inbox.Lease(t.Context(), "c", time.Hour); ok || err != nil {
		t.Errorf("leased a third: %v", err)
	}
	wantWait(t, s, time.Hour)
	for _, l := range []receiver.Lease{a, b} {
		if err := s.Inbox.Done(t.Context(), l, receiver.OutcomeImported); err != nil {
			t.Error(err)
		}
	}
	wantWait(t, s, -1)
}

// What arrives during an import wants another, unless a renewal took it up.
func TestGenerations(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "inbox.db"))
	accept(t, s, 7)
	l := lease(t, s, "a")
	accept(t, s, 7)
	if err := s.Inbox.Done(t.Context(), l, receiver.OutcomeImported); err != nil {
		t.Fatal(err)
	}
	l = lease(t, s, "b")
	accept(t, s, 7)
	l, err := s.Inbox.Renew(t.Context(), l, time.Hour)
	if err != nil || l.Generation != 3 {
		t.Fatalf("renewed %+v, %v", l, err)
	}
	if err := s.Inbox.Done(t.Context(), l, receiver.OutcomeUnchanged); err != nil {
		t.Fatal(err)
	}
	wantWait(t, s, -1)
}

func TestRetryWaits(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "inbox.db"))
	accept(t, s, 7)
	if err := s.Inbox.Retry(t.Context(), lease(t, s, "a"), time.Hour, "broken"); err != nil {
		t.Fatal(err)
	}
	accept(t, s, 7) // does not make it due before its time
	wantWait(t, s, time.Hour)
	accept(t, s, 8)
	l := lease(t, s, "b")
	if l.JobID != 8 {
		t.Fatalf("leased %+v", l)
	}
	if err := s.Inbox.Retry(t.Context(), l, 0, "broken"); err != nil {
		t.Fatal(err)
	}
	if l = lease(t, s, "c"); l.Attempts != 1 {
		t.Errorf("%d attempts, want 1", l.Attempts)
	}
	if err := s.Inbox.Release(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	if l = lease(t, s, "d"); l.Attempts != 1 {
		t.Errorf("%d attempts after a release, want 1", l.Attempts)
	}
}

func TestLostLease(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "inbox.db"))
	accept(t, s, 7)
	old, ok, err := s.Inbox.Lease(t.Context(), "old", 0)
	for !ok && err == nil {
		old, ok, err = s.Inbox.Lease(t.Context(), "old", 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	l := lease(t, s, "new")
	ctx := t.Context()
	if _, err := s.Inbox.Renew(ctx, old, time.Hour); !errors.Is(err, receiver.ErrLeaseLost) {
		t.Errorf("renewed: %v", err)
	}
	if err := s.Inbox.Done(ctx, old, receiver.OutcomeImported); !errors.Is(err, receiver.ErrLeaseLost) {
		t.Errorf("done: %v", err)
	}
	if err := s.Inbox.Retry(ctx, old, 0, ""); !errors.Is(err, receiver.ErrLeaseLost) {
		t.Errorf("retried: %v", err)
	}
	if err := s.Inbox.Release(ctx, old); err != nil {
		t.Errorf("released: %v", err)
	}
	if err := s.Inbox.Done(ctx, l, receiver.OutcomeImported); err != nil {
		t.Errorf("the new owner: %v", err)
	}
}

func TestOpenFreesLeases(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "inbox.db")
	s := open(t, path)
	accept(t, s, 7)
	lease(t, s, "killed")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if l := lease(t, open(t, path), "next"); l.JobID != 7 || l.Attempts != 0 {
		t.Errorf("leased %+v", l)
	}
}

// rowsOf yields rows, and err after them if there is one.
func rowsOf(err error, rows ...string) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		for _, row := range rows {
			if !yield(json.RawMessage(row), nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

func TestReplace(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "inbox.db")
	s := open(t, path)
	reader, err := sqlstore.OpenRows(sqlstore.RowsPath(path))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	ctx, broken := t.Context(), errors.New("broken")
	cancelled, cancel := context.WithCancel(ctx)
	for _, step := range []struct {
		name     string
		ctx      context.Context //nolint:containedctx // a row of a table
		previous string
		next     string
		rows     iter.Seq2[json.RawMessage, error]
		err      error
		want     string
	}{
		{"first", ctx, "", "f1", rowsOf(nil, `{"a": "ü\n"}`, `{"b":null}`), nil, `{"a": "ü\n"} {"b":null}`},
		{"another was first", ctx, "", "f2", rowsOf(nil, `{"x":1}`), receiver.ErrSuperseded, `{"a": "ü\n"} {"b":null}`},
		{"broken half-way", ctx, "f1", "f2", rowsOf(broken, `{"x":1}`), broken, `{"a": "ü\n"} {"b":null}`},
		{"stopped half-way", cancelled, "f1", "f2", func(yield func(json.RawMessage, error) bool) {
			yield(json.RawMessage(`{"x":1}`), nil)
			cancel()
		}, context.Canceled, `{"a": "ü\n"} {"b":null}`},
		{"replaced", ctx, "f1", "f2", rowsOf(nil, `{"c":1}`), nil, `{"c":1}`},
		{"to nothing", ctx, "f2", "f3", rowsOf(nil), nil, ``},
	} {
		err := s.Rows.Replace(step.ctx, step.previous, receiver.Import{JobID: 7, Status: webhook.Finished, Fingerprint: step.next}, step.rows)
		if !errors.Is(err, step.err) {
			t.Errorf("%s: error %v, want %v", step.name, err, step.err)
		}
		rows, err := reader.Rows(ctx, 7, 100)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]string, 0, len(rows))
		for _, row := range rows {
			got = append(got, string(row))
		}
		if strings.Join(got, " ") != step.want {
			t.Errorf("%s: rows %s, want %s", step.name, got, step.want)
		}
	}
	if f, err := s.Rows.Fingerprint(ctx, 7); f != "f3" || err != nil {
		t.Errorf("fingerprint %q, %v", f, err)
	}
}

// The rows can be read after a stop too, without a writer.
func TestReadAfterClose(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a dir?#%41&", "inbox.db")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlstore.OpenRows(sqlstore.RowsPath(path)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a file: %v", err)
	}
	s := open(t, path)
	imp := receiver.Import{JobID: 7, Status: webhook.Stopped, Partial: true, SitemapID: 2, SitemapName: "s", CustomID: "c", Rows: 1, Fingerprint: "f"}
	if err := s.Rows.Replace(t.Context(), "", imp, rowsOf(nil, "{}")); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	reader, err := sqlstore.OpenRows(sqlstore.RowsPath(path))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if rows, err := reader.Rows(t.Context(), 7, 10); err != nil || len(rows) != 1 {
		t.Errorf("rows %s, %v", rows, err)
	}
	if got, ok, err := reader.Import(t.Context(), 7); err != nil || !ok || got != imp {
		t.Errorf("import %+v, %v, %v", got, ok, err)
	}
	if _, ok, err := reader.Import(t.Context(), 8); err != nil || ok {
		t.Errorf("another job: %v, %v", ok, err)
	}
}

// pathEnv makes this test's binary the second process of TestSecondProcess.
const pathEnv = "SQLSTORE_TEST_PATH"

func TestSecondProcess(t *testing.T) {
	t.Parallel()
	if path := os.Getenv(pathEnv); path != "" {
		if _, err := sqlstore.Open(t.Context(), path); !errors.Is(err, sqlstore.ErrInUse) {
			t.Fatalf("opened the other's store: %v", err)
		}
		reader, err := sqlstore.OpenRows(sqlstore.RowsPath(path))
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Close()
		if rows, err := reader.Rows(t.Context(), 7, 10); err != nil || len(rows) != 2 {
			t.Fatalf("read %s, %v", rows, err)
		}
		return
	}
	path := filepath.Join(t.TempDir(), "inbox.db")
	s := open(t, path)
	if err := s.Rows.Replace(t.Context(), "", receiver.Import{JobID: 7, Fingerprint: "f"}, rowsOf(nil, "{}", "{}")); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlstore.Open(t.Context(), path); !errors.Is(err, sqlstore.ErrInUse) {
		t.Errorf("opened twice in one process: %v", err)
	}
	second := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSecondProcess$")
	second.Env = append(os.Environ(), pathEnv+"="+path)
	if out, err := second.CombinedOutput(); err != nil {
		t.Errorf("the second process: %v\n%s", err, out)
	}
	accept(t, s, 7) // the first one was not disturbed
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, statement string) string {
		path := filepath.Join(dir, name)
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
		return path
	}
	text := filepath.Join(dir, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	newer := filepath.Join(dir, "newer.db")
	if err := open(t, newer).Close(); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"a directory that is not there": filepath.Join(dir, "none", "inbox.db"),
		"a directory":                   dir,
		"a text":                        text,
		"some other database":           write("other.db", `CREATE TABLE t (x)`),
		"another program's database":    write("program.db", `PRAGMA application_id = 1`),
		"a later version's store":       write("newer.db", `PRAGMA user_version = 1000`),
	} {
		before, _ := os.ReadFile(path) // a directory has no bytes
		if s, err := sqlstore.Open(t.Context(), path); err == nil {
			t.Errorf("opened %s", name)
			_ = s.Close()
		} else if !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %q does not name the file", name, err)
		}
		if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
			t.Errorf("%s was changed", name)
		}
	}
	// A database of somebody else's is left as if nobody had looked.
	if left, err := filepath.Glob(filepath.Join(dir, "other.db?*")); err != nil || len(left) > 0 {
		t.Errorf("left %v beside another's database, %v", left, err)
	}
}
