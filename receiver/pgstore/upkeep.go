package pgstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scrapehook/scrapehook/receiver"
)

// Desk is the upkeep of a store, for who runs no receiver on it.
type Desk struct {
	*Inbox
}

// OpenDesk opens the store in the database that url names for its upkeep. It
// makes nothing and changes no schema. Nothing may be leased or accepted through
// it.
func OpenDesk(ctx context.Context, url string) (*Desk, error) {
	cfg, err := pgxpool.ParseConfig(url) // its errors hide the password
	if err != nil {
		return nil, opening(err)
	}
	pool, err := connect(ctx, cfg, 1, waitForDisk)
	if err != nil {
		return nil, opening(err)
	}
	version, err := versionOf(ctx, pool)
	switch {
	case err == nil && version == 0:
		err = errors.New("there is none in this database: start its receiver first")
	case err == nil && version < len(schema):
		err = fmt.Errorf("the schema is of version %d, and this program's is %d: start its receiver first", version, len(schema))
	}
	if err != nil {
		pool.Close()
		return nil, opening(err)
	}
	return &Desk{&Inbox{arrivals: pool}}, nil
}

// Close closes the connection.
func (d *Desk) Close() { d.arrivals.Close() }

// Backlog implements [receiver.Upkeep].
func (b *Inbox) Backlog(ctx context.Context) (receiver.Backlog, error) {
	var l receiver.Backlog
	var lag float64
	err := b.arrivals.QueryRow(ctx, `SELECT count(*), count(nullif(lease_owner, '')), count(nullif(attempts, 0)),
		coalesce(extract(epoch FROM now() - min(wanted_since)), 0)::float8
		FROM scrapehook.imports WHERE wanted > done`).Scan(&l.Wanted, &l.Leased, &l.Failing, &lag)
	if err != nil {
		return receiver.Backlog{}, fmt.Errorf("counting the imports: %w", err)
	}
	l.Lag = time.Duration(lag * float64(time.Second))
	return l, nil
}

// Imports implements [receiver.Upkeep].
func (b *Inbox) Imports(ctx context.Context, all bool, limit int) ([]receiver.ImportState, error) {
	rows, err := b.arrivals.Query(ctx, `SELECT job_id, wanted > done, wanted_since, lease_owner <> '', next_try, attempts, last_error, outcome
		FROM scrapehook.imports WHERE wanted > done OR $1 ORDER BY wanted > done DESC,
			CASE WHEN wanted > done THEN extract(epoch FROM wanted_since) ELSE -extract(epoch FROM next_try) END, job_id LIMIT $2`, all, limit)
	if err != nil {
		return nil, fmt.Errorf("listing the imports: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[receiver.ImportState])
	if err != nil {
		return nil, fmt.Errorf("listing the imports: %w", err)
	}
	return list, nil
}

// Hasten implements [receiver.Upkeep]. A lease that has ended is a dead
// process's and is no hindrance.
func (b *Inbox) Hasten(ctx context.Context, jobID int64) (bool, error) {
	result, err := b.arrivals.Exec(ctx, `UPDATE scrapehook.imports SET next_try = now(), wanted = greatest(wanted, done + 1),
		wanted_since = CASE WHEN wanted > done THEN wanted_since ELSE now() END
		WHERE job_id = $1 AND (lease_owner = '' OR next_try <= now())`, jobID)
	if err != nil {
		return false, fmt.Errorf("hastening the import of job %d: %w", jobID, err)
	}
	if result.RowsAffected() == 0 {
		return false, nil
	}
	return true, b.Announce(ctx)
}

// Prune implements [receiver.Upkeep].
func (b *Inbox) Prune(ctx context.Context, before time.Time, limit int) (int, error) {
	result, err := b.arrivals.Exec(ctx, `DELETE FROM scrapehook.inbox
		WHERE id IN (SELECT id FROM scrapehook.inbox ORDER BY id LIMIT $1) AND received_at < $2`, limit, before)
	if err != nil {
		return 0, fmt.Errorf("forgetting old notifications: %w", err)
	}
	return int(result.RowsAffected()), nil
}
