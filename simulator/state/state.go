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
	"time"

	_ "modernc.org/sqlite" // the driver, without cgo

	"github.com/scrapehook/scrapehook/simulator/clock"
	"github.com/scrapehook/scrapehook/simulator/cloud"
)

// schema makes a new file. Times are nanoseconds of unix time.
const schema = `
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS objects (
	made INTEGER PRIMARY KEY, kind TEXT NOT NULL, id INTEGER NOT NULL, state TEXT, UNIQUE (kind, id));
CREATE TABLE IF NOT EXISTS deliveries (
	number INTEGER PRIMARY KEY, url TEXT NOT NULL, notification TEXT NOT NULL,
	attempt INTEGER NOT NULL, due INTEGER NOT NULL, pending INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS pending_deliveries ON deliveries (number) WHERE pending;
CREATE TABLE IF NOT EXISTS attempts (
	made INTEGER PRIMARY KEY, delivery INTEGER NOT NULL, number INTEGER NOT NULL, began INTEGER NOT NULL,
	ended INTEGER, reason TEXT NOT NULL DEFAULT '', status INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS open_attempts ON attempts (delivery) WHERE ended IS NULL;
PRAGMA user_version = 1;`

// kept is how many deliveries that came to an end a file remembers when it is
// opened.
const kept = 100_000

// File is an open state file. It is safe for concurrent use.
//
// Its methods should be given a context that is not cancelled by the program's
// stop: what happens meanwhile is to be kept too.
type File struct{ db *sql.DB }

// Open opens the file at path, or makes it. One process at a time can have it
// open.
//
// What is written survives the end of the process in any way, and with
// synchronous NORMAL not always that of the machine: an attempt must not cost
// the time of a disk.
func Open(ctx context.Context, path string) (*File, error) {
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

func (f *File) prepare(ctx context.Context) error {
	var version int
	if err := f.db.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version); err != nil {
		return err
	}
	if version > 1 {
		return fmt.Errorf("it is of version %d, and this program knows 1", version)
	}
	return f.do(ctx,
		statement{schema, nil},
		statement{`DELETE FROM deliveries WHERE NOT pending AND number <= (SELECT max(number) FROM deliveries) - ?`, []any{kept}},
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

// Keep keeps changes of the cloud's objects, all of them or none.
func (f *File) Keep(ctx context.Context, changes ...cloud.Change) error {
	statements := make([]statement, 0, len(changes))
	for _, c := range changes {
		var state any
		if c.State != nil {
			state = string(c.State)
		}
		statements = append(statements, statement{
			`INSERT INTO objects (kind, id, state) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET state = excluded.state`,
			[]any{c.Kind, c.ID, state},
		})
	}
	return f.do(ctx, statements...)
}

// Objects hands over every object in the order of their making.
func (f *File) Objects(ctx context.Context, take func(cloud.Change) error) error {
	rows, err := f.db.QueryContext(ctx, `SELECT kind, id, state FROM objects ORDER BY made`)
	if err != nil {
		return fmt.Errorf("reading the cloud's objects: %w", err)
	}
	defer func() { _ = rows.Close() }() // rows.Err has the error
	for rows.Next() {
		var c cloud.Change
		var state sql.NullString
		if err := rows.Scan(&c.Kind, &c.ID, &state); err != nil {
			return fmt.Errorf("reading the cloud's objects: %w", err)
		}
		if state.Valid {
			c.State = []byte(state.String)
		}
		if err := take(c); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Reset forgets the deliveries, pending or not. The cloud removes its objects
// itself.
func (f *File) Reset(ctx context.Context) error {
	return f.do(ctx, statement{`DELETE FROM attempts`, nil},
		// The last number stays known, because numbers are not given twice.
		statement{`DELETE FROM deliveries WHERE number < (SELECT max(number) FROM deliveries)`, nil},
		statement{`UPDATE deliveries SET pending = 0`, nil})
}

func nanos(t time.Time) int64 { return t.UnixNano() }
