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
	"time"

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
type File struct {
	path string
	db   *sql.DB
}

// Close closes the file.
func (f *File) Close() error { return f.db.Close() }

type statement struct {
	sql  string
	args []any
}

// do runs statements in one transaction. An error that wraps [ErrNoRoom] may be
// over when it is tried again.
func (f *File) do(ctx context.Context, statements ...statement) error {
	tx, err := f.db.BeginTx(ctx, nil)
	if err != nil {
		return explain(f.path, err)
	}
	for _, s := range statements {
		if _, err := tx.ExecContext(ctx, s.sql, s.args...); err != nil {
			_ = tx.Rollback() // SQLite has done so by itself after some errors
			return explain(f.path, err)
		}
	}
	return explain(f.path, tx.Commit())
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
		return false, explain(f.path, fmt.Errorf("reading its %s: %w", key, err))
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

// Touch writes a little, to find out whether there is room.
func (f *File) Touch(ctx context.Context) error { return f.setMeta(ctx, "touched", time.Now()) }

// Clock is the clock's last state; false: there is none.
func (f *File) Clock(ctx context.Context) (s clock.State, ok bool, err error) {
	ok, err = f.meta(ctx, "clock", &s)
	return s, ok, err
}

// SetClock keeps the clock's state.
func (f *File) SetClock(ctx context.Context, s clock.State) error { return f.setMeta(ctx, "clock", s) }

func nanos(t time.Time) int64 { return t.UnixNano() }
