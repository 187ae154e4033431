// Package sqlstore keeps a receiver's inbox and its imported rows in SQLite:
// the inbox in one file, the rows in another beside it, because SQLite has one
// writer a file and an acknowledgement must not wait for a load of rows. One
// process owns both; others may read the rows meanwhile, with [OpenRows] or
// with any SQLite client.
package sqlstore

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
	"time"

	sqlitelib "modernc.org/sqlite/lib"
)

// ErrInUse says that another process owns the store.
var ErrInUse = errors.New("another process is using it: one owns an SQLite file, any number share a database in PostgreSQL")

// Store is an inbox and the rows imported from it.
type Store struct {
	// Inbox is the receiver's store.
	Inbox *Inbox
	// Rows is the receiver's sink.
	Rows *Rows
	// Missing is how many imports the inbox has as done whose rows were not there
	// when the store was opened: their file was emptied, replaced or restored from
	// an older backup. [Desk.RetryMissing] has them imported again.
	Missing int64
	lock    *sql.DB
}

// Open opens the store whose inbox is the file path, and whose rows are in
// [RowsPath] of it; what does not exist is made. Symbolic links are followed, hard
// links refused. It returns [ErrInUse] while another process has it open. Leases
// that a killed process left are freed, so that its imports are picked up at once.
func Open(ctx context.Context, path string) (*Store, error) {
	return openStore(ctx, path, RowsPath(path))
}

// OpenInbox is Open for those whose rows go elsewhere: the store has no Rows,
// and no file for them is made.
func OpenInbox(ctx context.Context, path string) (*Store, error) {
	return openStore(ctx, path, "")
}

func openStore(ctx context.Context, path, rowsPath string) (_ *Store, err error) {
	s := &Store{}
	defer func() {
		if err != nil {
			err = fmt.Errorf("opening the store %s: %w", path, err)
			_ = s.Close() // the first error says why
		}
	}()
	if path, err = resolve(path); err != nil {
		return nil, err
	}
	if rowsPath != "" {
		if rowsPath, err = resolve(rowsPath); err != nil {
			return nil, err
		}
	}
	// First of all, because everything after this changes files.
	if err := recognise(ctx, path, inboxApplication, lockPath(path)); err != nil {
		return nil, err
	}
	if rowsPath != "" {
		if err := recognise(ctx, rowsPath, rowsApplication, lockPath(path)); err != nil {
			return nil, err
		}
	}
	if s.lock, err = lock(ctx, lockPath(path)); err != nil {
		return nil, err
	}
	if s.Inbox, err = openInbox(ctx, path); err != nil {
		return nil, err
	}
	if err := checkQuickly(ctx, s.Inbox.arrivals, path); err != nil {
		return nil, err
	}
	if rowsPath == "" {
		return s, s.Inbox.unbind(ctx)
	}
	if s.Rows, err = openRows(ctx, rowsPath); err != nil {
		return nil, err
	}
	if err := checkQuickly(ctx, s.Rows.db, rowsPath); err != nil {
		return nil, err
	}
	if s.Missing, err = bind(ctx, s.Inbox, s.Rows, rowsPath); err != nil {
		return nil, fmt.Errorf("%s: %w", rowsPath, err)
	}
	return s, nil
}

// lockPath returns the file by which one receiver owns the inbox in path.
func lockPath(path string) string { return path + "-lock" }

// Close closes the store and gives it up to other processes.
func (s *Store) Close() error {
	var errs []error
	if s.Inbox != nil {
		errs = append(errs, s.Inbox.close())
	}
	if s.Rows != nil {
		errs = append(errs, s.Rows.db.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

// RowsPath returns the file of the imported rows that goes with the inbox in
// path: receiver.db has receiver-rows.db.
func RowsPath(path string) string {
	ext := filepath.Ext(path)
	return strings.TrimSuffix(path, ext) + "-rows" + ext
}

// errOther says that a file is not ours to write to.
var errOther = errors.New("the file is some other database, and is left as it is: name another file")

// otherOrDamaged returns errOther or, if the lock's file shows that a receiver had
// the file before, an error that it is damaged. Whoever then named another file
// would leave behind all that this one holds.
func otherOrDamaged(path, lockPath string) error {
	if _, err := os.Stat(lockPath); err != nil {
		return errOther
	}
	return fmt.Errorf("%s was a receiver's, and is damaged or was replaced: restore it from a backup, and keep what there is until then", path)
}

// recognise refuses a file that another program made, and changes nothing in it:
// opening it to write would already switch its journal. It reads the file alone,
// without its write-ahead log. So a schema of version zero means that there is no
// table yet, or that our first tables are still in the log.
//
// SQLite does the reading, because this process may have the file open: closing
// a descriptor of our own would end every lock that the process has on it.
func recognise(ctx context.Context, path string, application uint32, lockPath string) error {
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return fmt.Errorf("%s is a directory: name a file", path)
	}
	if err := checkLinks(path); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", dsn(path, url.Values{"mode": {"ro"}, "immutable": {"1"}}))
	if err != nil {
		return err
	}
	defer db.Close()      //nolint:errcheck // nothing was written to it
	var id, version int32 // SQLite shows them signed
	err = db.QueryRowContext(ctx, `SELECT application_id, schema_version FROM pragma_application_id, pragma_schema_version`).Scan(&id, &version)
	switch {
	case is(err, sqlitelib.SQLITE_NOTADB):
		return otherOrDamaged(path, lockPath)
	case is(err, sqlitelib.SQLITE_CORRUPT) && hasLog(path):
		return nil // half of the log was moved here when that was cut off; opening goes on with it, and looks again
	case err != nil:
		return explainOpen(err, path)
	case uint32(id) != application && (id != 0 || version != 0): //nolint:gosec // the same bits
		return otherOrDamaged(path, lockPath)
	}
	return nil
}

// hasLog reports whether a file has a write-ahead log that is not empty.
func hasLog(path string) bool {
	info, err := os.Stat(path + "-wal")
	return err == nil && info.Size() > 0
}

// lockWait is how long a process waits for the end of the one before it: after a
// kill the kernel takes a moment to free its locks.
const lockWait = 2 * time.Second

// lock holds an exclusive transaction on a database of its own. The kernel ends
// it with the process, however that ends. A lock on the inbox itself would keep
// everyone from looking into it.
func lock(ctx context.Context, path string) (*sql.DB, error) {
	db, err := open(path, fmt.Sprintf("busy_timeout(%d)", lockWait.Milliseconds()))
	if err != nil {
		return nil, err
	}
	if _, err := db.ExecContext(ctx, "BEGIN EXCLUSIVE"); err != nil {
		_ = db.Close() // the first error says why
		if is(err, sqlitelib.SQLITE_BUSY) {
			return nil, ErrInUse
		}
		return nil, explainOpen(err, path)
	}
	return db, nil
}

// openDatabase opens a file to write to, with the schema brought up to date.
// Commits are on stable storage when they return: in a write-ahead log only
// FULL syncs it at each.
func openDatabase(ctx context.Context, path string, application uint32, schema []string) (*sql.DB, error) {
	db, err := open(path, "busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)")
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, db, application, schema); err != nil {
		_ = db.Close() // the first error says why
		return nil, fmt.Errorf("preparing the schema: %w", explain(err, path))
	}
	return db, nil
}

// open returns a pool of one connection that is never dropped: SQLite has one
// writer, and waiting for it in Go is cheaper and fairer than in SQLite.
// Transactions take the write lock when they begin, so that none fails half-way
// for want of it.
func open(path string, pragmas ...string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn(path, url.Values{"_pragma": pragmas, "_txlock": {"immediate"}}))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	db.SetMaxIdleConns(1)
	return db, nil
}

// dsn names a file by a URI, in which no character of a path is special.
func dsn(path string, query url.Values) string {
	name := filepath.ToSlash(path)
	if !strings.HasPrefix(name, "/") && filepath.IsAbs(path) {
		name = "/" + name // a drive letter
	}
	return "file:" + (&url.URL{Path: name}).EscapedPath() + "?" + query.Encode()
}

// migrate brings the schema up to date: step n of it makes version n+1 out of
// version n, all in one transaction. It refuses a file that is something else,
// or of a later version.
func migrate(ctx context.Context, db *sql.DB, application uint32, steps []string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after a commit
	var version, objects int
	var id int32 // SQLite shows it signed
	if err := tx.QueryRowContext(ctx, `SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
		FROM pragma_application_id, pragma_user_version`).Scan(&id, &version, &objects); err != nil {
		return err
	}
	switch {
	case uint32(id) != application && (id != 0 || objects > 0): //nolint:gosec // the same bits
		return errOther
	case version > len(steps):
		return errNewer(version, len(steps))
	case version == len(steps):
		return nil
	}
	for _, step := range append(steps[version:len(steps):len(steps)],
		fmt.Sprintf("PRAGMA application_id = %d", application), fmt.Sprintf("PRAGMA user_version = %d", len(steps))) {
		if _, err := tx.ExecContext(ctx, step); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func errNewer(version, known int) error {
	return fmt.Errorf("it is of version %d, and this program knows only %d: use the newer program that made it", version, known)
}

// millis is the unit of every time in the files: unix milliseconds, rounded up,
// so that nothing is due early.
func millis(t time.Time) int64 { return t.Add(time.Millisecond - 1).UnixMilli() }
