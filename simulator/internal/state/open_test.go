package state_test

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/simulator/internal/state"
)

// database makes a database in a file, by any statements.
func database(t *testing.T, statements string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "some.db")
	db, err := sql.Open("sqlite", path)
	must(t, err)
	_, err = db.ExecContext(t.Context(), statements)
	must(t, errors.Join(err, db.Close()))
	must(t, os.Chmod(path, 0o644))
	return path
}

// oldState are the tables of a state file of before it had a mark.
const oldState = `CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
	CREATE TABLE objects (made INTEGER PRIMARY KEY, kind TEXT NOT NULL, id INTEGER NOT NULL, state TEXT, UNIQUE (kind, id));
	CREATE TABLE outbox (sequence INTEGER PRIMARY KEY, url TEXT NOT NULL, notification TEXT NOT NULL, due INTEGER NOT NULL);
	CREATE TABLE deliveries (number INTEGER PRIMARY KEY, url TEXT NOT NULL, notification TEXT NOT NULL,
		attempt INTEGER NOT NULL, due INTEGER NOT NULL, pending INTEGER NOT NULL);
	CREATE TABLE attempts (made INTEGER PRIMARY KEY, delivery INTEGER NOT NULL, number INTEGER NOT NULL, began INTEGER NOT NULL,
		ended INTEGER, reason TEXT NOT NULL DEFAULT '', status INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '');
	INSERT INTO meta VALUES ('seed', '7');`

// TestForeignFiles: what another program has made is refused, and not a byte of
// it, nor its mode, nor its folder changes.
func TestForeignFiles(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{
		"a table":             database(t, `CREATE TABLE users (id INTEGER); INSERT INTO users VALUES (1)`),
		"a write-ahead log":   database(t, `PRAGMA journal_mode = WAL; CREATE TABLE users (id INTEGER)`),
		"its version is ours": database(t, `CREATE TABLE meta (key TEXT); PRAGMA user_version = 2`),
		"a mark, no table":    database(t, `PRAGMA application_id = 77`),
		"a receiver's":        database(t, `CREATE TABLE inbox (id INTEGER); PRAGMA application_id = 0x73686b69`),
		"a later version":     database(t, oldState+`PRAGMA user_version = 3`),
		"an earlier version":  database(t, oldState+`PRAGMA user_version = 1`),
		"a text":              text(t, strings.Repeat("not a database\n", 1000)),
		"a short text":        text(t, "x"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before, err := os.ReadFile(path)
			must(t, err)
			f, err := state.Open(t.Context(), path)
			if err == nil {
				_ = f.Close()
			}
			if !errors.Is(err, state.ErrForeign) || !strings.Contains(err.Error(), path) {
				t.Errorf("opening it: %v", err)
			}
			after, err := os.ReadFile(path)
			must(t, err)
			info, err := os.Stat(path)
			must(t, err)
			folder, err := os.ReadDir(filepath.Dir(path))
			must(t, err)
			if !bytes.Equal(before, after) || info.Mode().Perm() != 0o644 || len(folder) != 1 {
				t.Errorf("it has changed: the same bytes: %v, its mode is %v, in its folder are %v", bytes.Equal(before, after), info.Mode(), folder)
			}
		})
	}
}

func text(t *testing.T, content string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "some.txt")
	must(t, os.WriteFile(path, []byte(content), 0o644))
	return path
}

// TestOwnFiles: files of before there was a mark, and those that a kill has left
// before anything was moved out of the log.
func TestOwnFiles(t *testing.T) {
	t.Parallel()
	old := open(t, database(t, oldState+`PRAGMA user_version = 2`))
	if seed, ok, err := old.Seed(t.Context()); seed != 7 || !ok || err != nil {
		t.Errorf("the seed is %d, %v, %v", seed, ok, err)
	}
	path := filepath.Join(t.TempDir(), "cloud.db")
	f := open(t, path)
	must(t, f.SetSeed(t.Context(), 8))
	killed := filepath.Join(t.TempDir(), "cloud.db")
	for _, suffix := range []string{"", "-wal"} {
		content, err := os.ReadFile(path + suffix)
		must(t, err)
		must(t, os.WriteFile(killed+suffix, content, 0o600))
	}
	if seed, ok, err := open(t, killed).Seed(t.Context()); seed != 8 || !ok || err != nil {
		t.Errorf("after a kill, the seed is %d, %v, %v", seed, ok, err)
	}
	if _, err := state.Open(t.Context(), path); !errors.Is(err, state.ErrInUse) {
		t.Errorf("opening it twice: %v", err)
	}
	must(t, f.Close())
	again := open(t, path) // by its mark
	must(t, again.Close())
	content, err := os.ReadFile(path)
	must(t, err)
	copy(content[600:], bytes.Repeat([]byte("damage"), 1000))
	must(t, os.WriteFile(path, content, 0o600))
	if f, err := state.Open(t.Context(), path); err == nil {
		_, _, err = f.Seed(t.Context())
		_ = f.Close()
		if !errors.Is(err, state.ErrDamaged) {
			t.Errorf("a damaged file reads %v", err)
		}
	} else if !errors.Is(err, state.ErrDamaged) {
		t.Errorf("a damaged file is %v", err)
	}
}
