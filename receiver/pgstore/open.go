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
	arrivals, leases, rows *pgxpool.Pool
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
// brings the schema up to date; the user must be allowed to make it. The URL's
// pool_max_conns bounds the connections that load rows.
func Open(ctx context.Context, url string) (_ *Store, err error) {
	s := &Store{}
	defer func() {
		if err != nil {
			s.Close()
			err = fmt.Errorf("opening the store in PostgreSQL: %w", oneLineError{err})
		}
	}()
	if s.rows, err = connect(ctx, url, 0, waitForDisk); err != nil {
		return nil, err
	}
	if err = migrate(ctx, s.rows); err != nil {
		return nil, err
	}
	if s.arrivals, err = connect(ctx, url, arrivalConnections, waitForDisk); err != nil {
		return nil, err
	}
	if s.leases, err = connect(ctx, url, leaseConnections, dontWaitForDisk); err != nil {
		return nil, err
	}
	s.Inbox, s.Rows = &Inbox{arrivals: s.arrivals, leases: s.leases}, &Rows{s.rows}
	return s, nil
}

// oneLineError is an error whose text is one line: pgx gives each address that it
// tried a line of its own.
type oneLineError struct{ error }

func (e oneLineError) Error() string { return strings.Join(strings.Fields(e.error.Error()), " ") }

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

// connect makes a pool of at most most connections, 0 leaving that to the URL,
// each of them prepared.
func connect(ctx context.Context, url string, most int32, prepare func(context.Context, *pgx.Conn) error) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, err // pgx hides the password itself
	}
	if most > 0 {
		cfg.MaxConns, cfg.MinConns = most, 0
	}
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = connectTimeout
	}
	if cfg.ConnConfig.RuntimeParams["application_name"] == "" {
		cfg.ConnConfig.RuntimeParams["application_name"] = "scrapehook"
	}
	cfg.AfterConnect = prepare
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
	_, err := conn.Exec(ctx, `SELECT set_config('synchronous_commit', 'on', false)
		WHERE current_setting('synchronous_commit') = 'off'`)
	return err
}

// dontWaitForDisk is for leases, retries and ends of imports. If the server
// dies and forgets the last of them, an import is done again and finds its rows
// in place. What the server has in its log before an arrival's commit is on disk
// with that.
func dontWaitForDisk(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `SET synchronous_commit = off`)
	return err
}

// migrationLock is the key of the advisory lock that lets one process at a time
// bring the schema up to date.
const migrationLock = 0x73686b6d // shkm

// migrate runs the steps that the schema lacks, all in one transaction: step n
// of it makes version n+1 out of version n.
func migrate(ctx context.Context, pool *pgxpool.Pool) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, migrationLock); err != nil {
			return fmt.Errorf("waiting to prepare the schema: %w", err)
		}
		var version int
		var there bool
		err := tx.QueryRow(ctx, `SELECT to_regclass('scrapehook.versions') IS NOT NULL`).Scan(&there)
		if err == nil && there {
			err = tx.QueryRow(ctx, `SELECT coalesce(max(version), 0) FROM scrapehook.versions`).Scan(&version)
		}
		if err != nil {
			return fmt.Errorf("asking for the schema's version: %w", err)
		}
		if version > len(schema) {
			return fmt.Errorf("the schema is of version %d, and this program knows only %d", version, len(schema))
		}
		for n, step := range schema[version:] {
			if _, err := tx.Exec(ctx, step); err != nil {
				return fmt.Errorf("making version %d of the schema: %w", version+n+1, err)
			}
			if _, err := tx.Exec(ctx, `INSERT INTO scrapehook.versions (version) VALUES ($1)`, version+n+1); err != nil {
				return fmt.Errorf("recording version %d of the schema: %w", version+n+1, err)
			}
		}
		return nil
	})
}

// schema is one step a version.
var schema = []string{`
CREATE SCHEMA IF NOT EXISTS scrapehook;

CREATE TABLE scrapehook.versions (
	version integer     PRIMARY KEY,
	made_at timestamptz NOT NULL DEFAULT now()
);

-- What arrived, about in the order of arrival. Rows are never changed.
CREATE TABLE scrapehook.inbox (
	id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	received_at  timestamptz NOT NULL,
	job_id       bigint      NOT NULL,
	status       text        NOT NULL,
	sitemap_id   bigint      NOT NULL,
	sitemap_name text        NOT NULL,
	custom_id    text        NOT NULL
);

-- What is to be done about it, one row a job.
CREATE TABLE scrapehook.imports (
	job_id       bigint      PRIMARY KEY,
	wanted       bigint      NOT NULL,            -- notifications that want the import
	done         bigint      NOT NULL DEFAULT 0,  -- how many of them it has satisfied
	wanted_since timestamptz NOT NULL,            -- while it is wanted
	next_try     timestamptz NOT NULL,            -- when it is due; while leased, when the lease ends
	attempts     integer     NOT NULL DEFAULT 0,  -- failed ones since it was last done
	lease_owner  text        NOT NULL DEFAULT '', -- empty: not leased
	outcome      text        NOT NULL DEFAULT '', -- of the last time it was done
	last_error   text        NOT NULL DEFAULT ''
);
CREATE INDEX imports_due ON scrapehook.imports (next_try) WHERE wanted > done;

-- One row a job whose rows are in imported_rows.
CREATE TABLE scrapehook.imported_jobs (
	job_id       bigint      PRIMARY KEY,
	status       text        NOT NULL, -- of the job, when these were its rows
	partial      boolean     NOT NULL, -- the job did not run to its end
	sitemap_id   bigint      NOT NULL,
	sitemap_name text        NOT NULL,
	custom_id    text        NOT NULL,
	row_count    bigint      NOT NULL,
	imported_at  timestamptz NOT NULL,
	fingerprint  text        NOT NULL  -- what the cloud said of the job then
);

-- The rows, numbered from 1 in the order of the download.
CREATE TABLE scrapehook.imported_rows (
	job_id bigint NOT NULL,
	n      bigint NOT NULL,
	data   json   NOT NULL, -- the JSON object as it was received
	PRIMARY KEY (job_id, n)
);
`}

// text makes s one that PostgreSQL can hold: it has no NUL and nothing that is
// not UTF-8. Otherwise one notification with %00 in its name would undo the
// commit of all that share its group.
func text(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", "\uFFFD"), "\uFFFD")
}
