// Package pgstore keeps a receiver's inbox and its imported rows in PostgreSQL,
// in the schema scrapehook of one database, for any number of receivers that
// share it. Everything is judged by the database's clock, so the machines' own
// need not agree.
//
// Its connections hold prepared statements and listen for notices: between them
// and the server may be a pooler of sessions, but none of transactions.
package pgstore

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Store is an inbox and the rows imported from it.
type Store struct {
	// Inbox is the receiver's store.
	Inbox *Inbox
	// Rows is the receiver's sink.
	Rows *Rows
	// Each has connections of its own: what acknowledges, and what keeps leases
	// alive, must not wait for a load of rows.
	arrivals, leases *pgxpool.Pool
	rows             *pgxpool.Pool // nil if the caller of New has it
}

// IsURL reports whether Open takes the name of a store, by its look.
func IsURL(name string) bool {
	return strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://")
}

// How many connections the inbox has: arrivals are committed one group at a
// time, and there is some upkeep; leases are taken and renewed by every worker.
const (
	arrivalConnections = 2
	leaseConnections   = 4
)

// Open connects to the database that url names, in PostgreSQL's own form, and
// brings the schema up to date; the user must be allowed to make it, unless it is
// there. The URL's pool_max_conns bounds the connections that load rows.
func Open(ctx context.Context, url string) (*Store, error) {
	cfg, err := pgxpool.ParseConfig(url) // its errors hide the password
	if err != nil {
		return nil, opening(err)
	}
	rows, err := connect(ctx, cfg, 0, waitForDisk)
	if err != nil {
		return nil, opening(err)
	}
	s, err := newStore(ctx, &Rows{pool: rows, write: writeRows})
	if err != nil {
		rows.Close()
		return nil, opening(err)
	}
	s.rows = rows
	return s, nil
}

// New makes a store in the database of pool, which stays the caller's to close,
// after the store. Rows are written through the pool itself. The inbox has six
// connections of its own at the most, made as the pool makes them: what
// acknowledges must not wait until the pool has one to spare.
//
// write puts the rows where the caller wants them; nil is the table
// imported_rows.
func New(ctx context.Context, pool *pgxpool.Pool, write Write) (*Store, error) {
	rows := &Rows{pool: pool, write: write, foreign: true}
	if write == nil {
		rows.write = writeRows
	}
	s, err := newStore(ctx, rows)
	if err != nil {
		return nil, opening(err)
	}
	return s, nil
}

func newStore(ctx context.Context, rows *Rows) (_ *Store, err error) {
	if err := migrate(ctx, rows.pool); err != nil {
		return nil, err
	}
	s := &Store{Rows: rows}
	if s.arrivals, err = connect(ctx, rows.pool.Config(), arrivalConnections, waitForDisk); err != nil {
		return nil, err
	}
	if s.leases, err = connect(ctx, rows.pool.Config(), leaseConnections, dontWaitForDisk); err != nil {
		s.Close()
		return nil, err
	}
	s.Inbox = &Inbox{arrivals: s.arrivals, leases: s.leases}
	return s, nil
}

func opening(err error) error {
	return fmt.Errorf("opening the store in PostgreSQL: %w", oneLineError{err})
}

// oneLineError is an error whose text is one line, of what it says once: pgx gives
// each address and each way of trying it a line of its own.
type oneLineError struct{ error }

func (e oneLineError) Error() string {
	var said []string
	for line := range strings.Lines(e.error.Error()) {
		if line = strings.TrimSpace(line); !slices.Contains(said, line) {
			said = append(said, line)
		}
	}
	return strings.Join(said, " ")
}

func (e oneLineError) Unwrap() error { return e.error }

// Close closes the connections. It waits for those that are in use.
func (s *Store) Close() {
	for _, pool := range []*pgxpool.Pool{s.arrivals, s.leases, s.rows} {
		if pool != nil {
			pool.Close()
		}
	}
}

// connectTimeout bounds one connection's making, unless the URL does.
const connectTimeout = 5 * time.Second

// connect makes a pool of at most most connections, 0 leaving that to cfg, each
// of them prepared.
func connect(ctx context.Context, cfg *pgxpool.Config, most int32, prepare func(context.Context, *pgx.Conn) error) (*pgxpool.Pool, error) {
	cfg = cfg.Copy()
	if most > 0 {
		cfg.MaxConns, cfg.MinConns, cfg.MinIdleConns = most, 0, 0
	}
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = connectTimeout
	}
	if cfg.ConnConfig.RuntimeParams["application_name"] == "" {
		cfg.ConnConfig.RuntimeParams["application_name"] = "scrapehook"
	}
	others := cfg.AfterConnect // of the caller's pool
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		if others != nil {
			if err := others(ctx, conn); err != nil {
				return err
			}
		}
		return prepare(ctx, conn)
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}

// waitForDisk makes commits wait for the disk also where the server, the
// database or the role says that they need not: a notification is acknowledged
// on the strength of its commit. Any stricter or laxer wait for replicas is the
// operator's choice and stays.
func waitForDisk(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, sqlWaitForDisk, false)
	return err
}

// sqlWaitForDisk's parameter is whether it holds for the transaction only.
const sqlWaitForDisk = `SELECT set_config('synchronous_commit', 'on', $1) WHERE current_setting('synchronous_commit') = 'off'`

// dontWaitForDisk is for leases, retries and ends of imports. If the server
// dies and forgets the last of them, an import is done again and finds its rows
// in place. What the server has in its log before an arrival's commit is on disk
// with that.
func dontWaitForDisk(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `SET synchronous_commit = off`)
	return err
}

// text makes s one that PostgreSQL can hold: it has no NUL and nothing that is
// not UTF-8. Otherwise one notification with %00 in its name would undo the
// commit of all that share its group.
func text(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\uFFFD"), "\uFFFD")
}
