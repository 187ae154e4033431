package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	sqlitelib "modernc.org/sqlite/lib"
)

// application marks a state file (SQLite's application_id): "shks".
const application = 0x73686b73

// leastSize is that of SQLite's smallest page.
const leastSize = 512

// Open opens the file at path, or makes it. One process at a time can have it
// open. Only its owner can read it: endpoints' URLs bear tokens. A file that is
// something else is ErrForeign, and nothing of it changes.
//
// What is written survives the end of the process in any way, and with
// synchronous NORMAL not always that of the machine: an attempt must not cost
// the time of a disk.
func Open(ctx context.Context, path string) (_ *File, err error) {
	if err := recognise(ctx, path); err != nil {
		return nil, err
	}
	made, err := makePrivate(path)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", dsn(path, url.Values{
		"_pragma": {"locking_mode(EXCLUSIVE)", "journal_mode(WAL)", "synchronous(NORMAL)"},
	}))
	if err != nil {
		return nil, explain(path, err)
	}
	db.SetMaxOpenConns(1) // the one that holds the lock
	f := &File{path, db}
	if err := f.prepare(ctx); err != nil {
		_ = db.Close() // nothing was written
		if made {
			_ = os.Remove(path) // an empty file helps nobody
		}
		return nil, explain(path, err)
	}
	return f, nil
}

// dsn names a file by a URI, in which no character of a path is special.
func dsn(path string, query url.Values) string {
	name := filepath.ToSlash(path)
	if !strings.HasPrefix(name, "/") && filepath.IsAbs(path) {
		name = "/" + name // a drive letter
	}
	return "file:" + (&url.URL{Path: name}).EscapedPath() + "?" + query.Encode()
}

// recognise refuses a file that another program made, before anything is done
// that would change it: opening it to write would already switch its journal. It
// reads the file without its write-ahead log, so in a file without a table our
// own may be in the log still; prepare looks again.
func recognise(ctx context.Context, path string) error {
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return &fs.PathError{Op: "open", Path: path, Err: syscall.EISDIR}
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s: %w", path, ErrForeign)
	case info.Size() == 0:
		return nil
	case info.Size() < leastSize: // SQLite would take it for empty
		return fmt.Errorf("%s: %w", path, ErrForeign)
	}
	db, err := sql.Open("sqlite", dsn(path, url.Values{"mode": {"ro"}, "immutable": {"1"}}))
	if err != nil {
		return explain(path, err)
	}
	defer db.Close() //nolint:errcheck // nothing was written to it
	m, err := readMark(ctx, db)
	switch {
	case is(err, sqlitelib.SQLITE_NOTADB):
		return fmt.Errorf("%s: %w", path, ErrForeign)
	case is(err, sqlitelib.SQLITE_CORRUPT), err == nil && m.tables == 0 && m.application == 0:
		return nil // half of the log was moved here when that was cut off, or nothing of it yet
	case err != nil:
		return explain(path, err)
	}
	return m.check(path)
}

// mark is what tells a state file from others.
type mark struct {
	application, version int32
	tables, ours         int
}

func readMark(ctx context.Context, db *sql.DB) (m mark, err error) {
	err = db.QueryRowContext(ctx, `SELECT application_id, user_version,
			(SELECT count(*) FROM sqlite_schema),
			(SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('meta', 'objects', 'outbox', 'deliveries', 'attempts'))
		FROM pragma_application_id, pragma_user_version`).Scan(&m.application, &m.version, &m.tables, &m.ours)
	return m, err
}

// check returns nil for a state file and for one without anything. Files of
// before there was a mark are known by their tables.
func (m mark) check(path string) error {
	const tables = 5
	ours := m.application == application || m.application == 0 && m.ours == tables
	switch {
	case m.application == 0 && m.tables == 0:
		return nil
	case !ours:
		return fmt.Errorf("%s: %w", path, ErrForeign)
	case m.version != version:
		return fmt.Errorf("%s: it is of version %d, and this program reads version %d: %w", path, m.version, version, ErrForeign)
	}
	return nil
}

// makePrivate has the file exist for its owner alone, and reports whether it is
// new. SQLite gives the files beside it the same mode. A file that is there is
// not opened: closing it would end the locks that this process has on it.
func makePrivate(path string) (made bool, err error) {
	const private = 0o600
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, private)
	if errors.Is(err, fs.ErrExist) {
		return false, os.Chmod(path, private)
	}
	if err != nil {
		return false, err
	}
	return true, file.Close()
}

func (f *File) prepare(ctx context.Context) error {
	m, err := readMark(ctx, f.db)
	if err != nil {
		return err
	}
	if err := m.check(f.path); err != nil {
		return err
	}
	return f.do(ctx,
		statement{schema, nil},
		statement{fmt.Sprintf(`PRAGMA application_id = %d`, application), nil},
		statement{`DELETE FROM deliveries WHERE NOT pending AND number <= (SELECT max(number) FROM deliveries) - ?`, []any{maxEndedDeliveries}},
		statement{`DELETE FROM attempts WHERE delivery NOT IN (SELECT number FROM deliveries)`, nil},
	)
}
