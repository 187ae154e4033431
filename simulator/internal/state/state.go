// Package state keeps a simulated cloud in an SQLite file, so that it goes on
// after its process was killed: sitemaps, jobs, deliveries with their attempts,
// pending resends and the clock. It knows nothing of what the cloud's objects
// hold; the cloud encodes them itself.
package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	_ "modernc.org/sqlite" // the driver, without cgo

	"github.com/scrapehook/scrapehook/internal/clock"
)

// version is that of the schema; a file of another one is refused.
const version = 2

// schema makes a new file. Times are nanoseconds of unix time. An object without
// a state is gone, and its id is remembered.
const schema = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects (
	made INTEGER PRIMARY KEY, kind TEXT NOT NULL, id INTEGER NOT NULL, state TEXT, UNIQUE (kind, id));
CREATE TABLE IF NOT EXISTS outbox (
	sequence INTEGER PRIMARY KEY, url TEXT NOT NULL, notification TEXT NOT NULL, due INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS deliveries (
	number INTEGER PRIMARY KEY, url TEXT NOT NULL, notification TEXT NOT NULL,
	attempt INTEGER NOT NULL, due INTEGER NOT NULL, pending INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS pending_deliveries ON deliveries (number) WHERE pending;
CREATE TABLE IF NOT EXISTS attempts (
	made INTEGER PRIMARY KEY, delivery INTEGER NOT NULL, number INTEGER NOT NULL, began INTEGER NOT NULL,
	ended INTEGER, reason TEXT NOT NULL DEFAULT '', status INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS open_attempts ON attempts (delivery) WHERE ended IS NULL;
PRAGMA user_version = 2;`

// maxEndedDeliveries is how many deliveries that came to an end a file remembers
// when it is opened.
const maxEndedDeliveries = 100_000

// File is an open state file. It is safe for concurrent use.
//
// Its methods should be given a context that is not cancelled by the program's
// stop: what happens meanwhile is to be kept too.
type File struct{ db *sql.DB }

// Open opens the file at path, or makes it. One process at a time can have it
// open. Only its owner can read it: endpoints' URLs bear tokens.
//
// What is written survives the end of the process in any way, and with
// synchronous NORMAL not always that of the machine: an attempt must not cost
// the time of a disk.
func Open(ctx context.Context, path string) (*File, error) {
	if err := makePrivate(path); err != nil {
		return nil, fmt.Errorf("opening the state file: %w", err)
	}
	pragmas := url.Values{"_pragma": {"locking_mode(EXCLUSIVE)", "journal_mode(WAL)", "synchronous(NORMAL)"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: url.PathEscape(path), RawQuery: pragmas.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("opening the state file: %w", err)
	}
	db.SetMaxOpenConns(1) // the one that holds the lock
	f := &File{db}
	if err := f.prepare(ctx); err != nil {
		_ = db.Close() // nothing was written
		return nil, fmt.Errorf("opening the state file %s: %w", path, err)
	}
	return f, nil
}

// makePrivate has the file exist for its owner alone. SQLite gives the files
// beside it the same mode.
func makePrivate(path string) error {
	const private = 0o600
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, private)
	if err != nil {
		return err
	}
	return errors.Join(file.Chmod(private), file.Close())
}

func (f *File) prepare(ctx context.Context) error {
	var found int
	if err := f.db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&found); err != nil {
		return err
	}
	if found != 0 && found != version {
		return fmt.Errorf("it is of version %d, and this program reads version %d: give another file", found, version)
	}
	return f.do(ctx,
		statement{schema, nil},
		statement{`DELETE FROM deliveries WHERE NOT pending AND number <= (SELECT max(number) FROM deliveries) - ?`, []any{maxEndedDeliveries}},
		statement{`DELETE FROM attempts WHERE delivery NOT IN (SELECT number FROM deliveries)`, nil},
	)
}

// Close closes the file.
func (f *File) Close() error { return f.db.Close() }

type statement struct {
	sql  string
	args []any
}

// do runs statements in one transaction.
func (f *File) do(ctx context.Context, statements ...statement) error {
	tx, err := f.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	for _, s := range statements {
		if _, err := tx.ExecContext(ctx, s.sql, s.args...); err != nil {
			return errors.Join(err, tx.Rollback())
		}
	}
	return tx.Commit()
}

const setMeta = `INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value`

// meta reads a value into v, and reports whether there is one.
func (f *File) meta(ctx context.Context, key string, v any) (bool, error) {
	var text string
	err := f.db.QueryRowContext(ctx, `SELECT value FROM meta WHERE key = ?`, key).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(text), v)
	}
	if err != nil {
		return false, fmt.Errorf("reading the state file's %s: %w", key, err)
	}
	return true, nil
}

func (f *File) setMeta(ctx context.Context, key string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encoding %s: %w", key, err)
	}
	return f.do(ctx, statement{setMeta, []any{key, string(text)}})
}

// Seed is the seed that the file's cloud was made with; false: it is new.
func (f *File) Seed(ctx context.Context) (seed uint64, ok bool, err error) {
	ok, err = f.meta(ctx, "seed", &seed)
	return seed, ok, err
}

// SetSeed keeps the seed.
func (f *File) SetSeed(ctx context.Context, seed uint64) error { return f.setMeta(ctx, "seed", seed) }

// Clock is the clock's last state; false: there is none.
func (f *File) Clock(ctx context.Context) (s clock.State, ok bool, err error) {
	ok, err = f.meta(ctx, "clock", &s)
	return s, ok, err
}

// SetClock keeps the clock's state.
func (f *File) SetClock(ctx context.Context, s clock.State) error { return f.setMeta(ctx, "clock", s) }

func nanos(t time.Time) int64 { return t.UnixNano() }
