// Package pgstore keeps a receiver's inbox and its imported rows in PostgreSQL,
// in the schema scrapehook of one database, for any number of receivers that
// share it. Only the database's clock counts, so the machines' clocks may differ.
//
// Its connections hold prepared statements and listen for notices: between them
// and the server may be a pooler of sessions, but none of transactions.
package pgstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
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
	network          *network
}

// IsURL reports whether name is the URL of a database, by its scheme.
func IsURL(name string) bool {
	return strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://")
}

// How many connections the inbox has: arrivals are committed one group at a
// time, and there is some upkeep; leases are taken and renewed by every worker.
const (
	arrivalConnections = 2
	leaseConnections   = 4
)

// The bounds of the calls. A server that is gone without a word would otherwise
// keep them for ever.
const (
	openTimeout    = 30 * time.Second // may wait for another process that prepares the schema
	connectTimeout = 5 * time.Second  // of one connection, unless the URL says otherwise
	// acceptTimeout bounds a commit of arrivals. Their senders wait 10 s
	// (webhooks-2020), and their requests 6 s, so that a 503 still reaches them.
	acceptTimeout      = 4 * time.Second
	leaseTimeout       = 5 * time.Second // a third of the usual lease
	upkeepTimeout      = 15 * time.Second
	fingerprintTimeout = 15 * time.Second // may wait for a connection that loads rows
	closeTimeout       = time.Second
)

// Open connects to the database that url names, in PostgreSQL's own form, and
// brings the schema up to date; the user must be allowed to make it, unless it is
// there. The URL's pool_max_conns bounds the connections that load rows.
func Open(ctx context.Context, url string) (*Store, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	cfg, err := pgxpool.ParseConfig(url) // its errors hide the password
	if err != nil {
		return nil, opening(err)
	}
	s := &Store{network: newNetwork()}
	if s.rows, err = s.network.connect(ctx, cfg, 0, waitForDisk); err == nil {
		err = s.open(ctx, &Rows{pool: s.rows, write: writeRows})
	}
	if err != nil {
		s.Close()
		return nil, opening(err)
	}
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
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	s := &Store{network: newNetwork()}
	if err := s.open(ctx, rows); err != nil {
		s.Close()
		return nil, opening(err)
	}
	return s, nil
}

// open prepares the schema through rows and makes the connections of the inbox.
func (s *Store) open(ctx context.Context, rows *Rows) (err error) {
	if err := migrate(ctx, rows.pool); err != nil {
		return err
	}
	if s.arrivals, err = s.network.connect(ctx, rows.pool.Config(), arrivalConnections, waitForDisk); err != nil {
		return err
	}
	if s.leases, err = s.network.connect(ctx, rows.pool.Config(), leaseConnections, dontWaitForDisk); err != nil {
		return err
	}
	s.Rows = rows
	s.Inbox = &Inbox{upkeep: upkeep{s.arrivals}, leases: s.leases}
	return nil
}

func opening(err error) error {
	return fmt.Errorf("opening the store in PostgreSQL: %w", oneLineError{err})
}

// IsUnreachable reports whether err, of [Open] or [New], says that the server
// can't be reached or is starting, so that waiting may help.
func IsUnreachable(err error) bool {
	const cannotConnectNow = "57P03"
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return refused.Code == cannotConnectNow
	}
	var connecting *pgconn.ConnectError
	return errors.As(err, &connecting) || errors.Is(err, context.DeadlineExceeded)
}

// oneLineError is an error whose text is one line without repetitions. The text of
// pgx has a line for each address and each way of trying it.
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

// Close closes the connections. It waits for those that are in use, but not for
// a server that does not answer.
func (s *Store) Close() { s.network.close(s.arrivals, s.leases, s.rows) }

// waitForDisk makes commits wait for the disk, also where the server, the database
// or the role is set not to: a notification is acknowledged because of its commit.
// Whether commits wait for replicas stays the operator's choice.
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

// text replaces what PostgreSQL can't hold in a text: NUL, and bytes that are not
// UTF-8. Otherwise one notification with %00 in its name would undo the commit of
// its whole group.
func text(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\uFFFD"), "\uFFFD")
}
