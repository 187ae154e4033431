package sqlstore_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/receiver/sqlstore"
	"github.com/scrapehook/scrapehook/receiver/storetest"
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

func TestStore(t *testing.T) {
	t.Parallel()
	storetest.Store(t, func(t *testing.T) receiver.Store {
		t.Helper()
		return open(t, filepath.Join(t.TempDir(), "inbox.db")).Inbox
	})
}

func TestSink(t *testing.T) {
	t.Parallel()
	storetest.Sink(t, func(t *testing.T) (receiver.Sink, storetest.Read) {
		t.Helper()
		path := filepath.Join(t.TempDir(), "inbox.db")
		s := open(t, path)
		reader, err := sqlstore.OpenRows(sqlstore.RowsPath(path)) // as another process would
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = reader.Close() })
		return s.Rows, func(ctx context.Context, id int64) ([]json.RawMessage, error) { return reader.Rows(ctx, id, 100) }
	})
}

// A disk that is full or read-only takes nothing, half of nothing included, and
// is no obstacle once it has room again.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	for name, setting := range map[string]struct{ on, off string }{
		"full":      {"max_page_count = 1", "max_page_count = 1073741823"},
		"read-only": {"query_only = 1", "query_only = 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, s := t.Context(), open(t, filepath.Join(t.TempDir(), "inbox.db"))
			storetest.Accept(t, s.Inbox, 7)
			if err := s.Inbox.Pragma(ctx, setting.on); err != nil {
				t.Fatal(err)
			}
			// More than fits into the pages that are there.
			arrivals := make([]receiver.Arrival, 1000)
			for i := range arrivals {
				arrivals[i] = receiver.Arrival{ReceivedAt: time.Now(), Wanted: true,
					Notification: webhook.Notification{JobID: int64(100 + i), Status: webhook.Finished, SitemapID: 1, SitemapName: "a name"}}
			}
			if err := s.Inbox.Accept(ctx, arrivals); err == nil {
				t.Fatal("accepted")
			}
			if l, err := s.Inbox.Backlog(ctx); err != nil || l.Wanted != 1 {
				t.Errorf("%d imports are wanted, %v, want 1", l.Wanted, err)
			}
			if err := s.Inbox.Pragma(ctx, setting.off); err != nil {
				t.Fatal(err)
			}
			if err := s.Inbox.Accept(ctx, arrivals); err != nil {
				t.Errorf("with room again: %v", err)
			}
			if l, err := s.Inbox.Backlog(ctx); err != nil || l.Wanted != 1001 {
				t.Errorf("%d imports are wanted, %v, want 1001", l.Wanted, err)
			}
		})
	}
}

// TestDesk looks after a store beside its owner, and not without one's leave.
func TestDesk(t *testing.T) {
	t.Parallel()
	ctx, path := t.Context(), filepath.Join(t.TempDir(), "inbox.db")
	if _, err := sqlstore.OpenDesk(ctx, path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without a file: %v", err)
	}
	s := open(t, path)
	storetest.Accept(t, s.Inbox, 7)
	l := storetest.Lease(t, s.Inbox, "a")
	desk, err := sqlstore.OpenDesk(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer desk.Close()
	if list, err := desk.Imports(ctx, false, 10); err != nil || len(list) != 1 || !list[0].Leased {
		t.Errorf("listed %+v, %v: the owner's lease was touched", list, err)
	}
	if err := s.Inbox.Retry(ctx, l, time.Hour, "broken"); err != nil {
		t.Fatal(err)
	}
	if ok, err := desk.Hasten(ctx, 7); !ok || err != nil {
		t.Errorf("hastened: %v, %v", ok, err)
	}
	if l := storetest.Lease(t, s.Inbox, "b"); l.JobID != 7 {
		t.Errorf("leased %+v", l)
	}
}

func TestOpenFreesLeases(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "inbox.db")
	s := open(t, path)
	storetest.Accept(t, s.Inbox, 7)
	storetest.Lease(t, s.Inbox, "killed")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if l := storetest.Lease(t, open(t, path).Inbox, "next"); l.JobID != 7 || l.Attempts != 0 {
		t.Errorf("leased %+v", l)
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
	if err := s.Rows.Replace(t.Context(), "", imp, storetest.RowsOf(nil, "{}")); err != nil {
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

// pathEnv makes this test's binary the second process of a test.
const pathEnv = "SQLSTORE_TEST_PATH"

// inSecondProcess runs a test once more, in a process of its own, with path.
func inSecondProcess(t *testing.T, path string) {
	t.Helper()
	second := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	second.Env = append(os.Environ(), pathEnv+"="+path)
	if out, err := second.CombinedOutput(); err != nil {
		t.Errorf("the second process: %v\n%s", err, out)
	}
}

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
	if err := s.Rows.Replace(t.Context(), "", receiver.Import{JobID: 7, Fingerprint: "f"}, storetest.RowsOf(nil, "{}", "{}")); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlstore.Open(t.Context(), path); !errors.Is(err, sqlstore.ErrInUse) {
		t.Errorf("opened twice in one process: %v", err)
	}
	inSecondProcess(t, path)
	storetest.Accept(t, s.Inbox, 7) // the first one was not disturbed
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
	for name, tc := range map[string]struct{ path, says string }{
		"a directory that is not there": {filepath.Join(dir, "none", "inbox.db"), "no such file or directory"},
		"a directory":                   {dir, "is a directory"},
		"a text":                        {text, "other database"},
		"some other database":           {write("other.db", `CREATE TABLE t (x)`), "other database"},
		"another program's database":    {write("program.db", `PRAGMA application_id = 1`), "other database"},
		"a later version's store":       {write("newer.db", `PRAGMA user_version = 1000`), "version 1000"},
	} {
		path := tc.path
		before, _ := os.ReadFile(path) // a directory has no bytes
		if s, err := sqlstore.Open(t.Context(), path); err == nil {
			t.Errorf("opened %s", name)
			_ = s.Close()
		} else if text := err.Error(); !strings.Contains(text, path) || !strings.Contains(text, tc.says) {
			t.Errorf("%s: error %q, want the file and %q", name, text, tc.says)
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
