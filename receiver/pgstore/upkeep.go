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

// upkeep is a [receiver.Upkeep].
type upkeep struct {
	arrivals *pgxpool.Pool
}

// Desk is the upkeep of a store, whether or not receivers run on it.
type Desk struct {
	upkeep
	network *network
}

var _ receiver.Upkeep = (*Desk)(nil)

// OpenDesk opens the store in the database that url names for its upkeep. It
// makes nothing and changes no schema.
func OpenDesk(ctx context.Context, url string) (*Desk, error) {
	cfg, err := pgxpool.ParseConfig(url) // its errors hide the password
	if err != nil {
		return nil, opening(err)
	}
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	d := &Desk{network: newNetwork()}
	if d.arrivals, err = d.network.connect(ctx, cfg, 1, waitForDisk); err != nil {
		return nil, opening(err)
	}
	version, err := versionOf(ctx, d.arrivals)
	switch {
	case err == nil && version == 0:
		err = errors.New("there is none in this database: start its receiver first")
	case err == nil && version < len(schema):
		err = fmt.Errorf("the schema is of version %d, and this program's is %d: start its receiver first", version, len(schema))
	}
	if err != nil {
		d.Close()
		return nil, opening(err)
	}
	return d, nil
}

// Close closes the connection.
func (d *Desk) Close() { d.network.close(d.arrivals) }

// Backlog implements [receiver.Upkeep].
func (u upkeep) Backlog(ctx context.Context) (receiver.Backlog, error) {
	ctx, cancel := context.WithTimeout(ctx, upkeepTimeout)
	defer cancel()
	var l receiver.Backlog
	var lag float64
	err := u.arrivals.QueryRow(ctx, `SELECT count(*), count(nullif(lease_owner, '')), count(nullif(attempts, 0)),
		coalesce(extract(epoch FROM now() - min(wanted_since)), 0)::float8
		FROM scrapehook.imports WHERE wanted > done`).Scan(&l.Wanted, &l.Leased, &l.Failing, &lag)
	if err != nil {
		return receiver.Backlog{}, fmt.Errorf("counting the imports: %w", err)
	}
	l.Lag = time.Duration(lag * float64(time.Second))
	return l, nil
}

// Imports implements [receiver.Upkeep].
func (u upkeep) Imports(ctx context.Context, all bool, limit int) ([]receiver.ImportState, error) {
	ctx, cancel := context.WithTimeout(ctx, upkeepTimeout)
	defer cancel()
	rows, err := u.arrivals.Query(ctx, `SELECT job_id, wanted > done, wanted_since, lease_owner <> '', next_try, attempts, last_error, outcome
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
func (u upkeep) Hasten(ctx context.Context, jobID int64) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, upkeepTimeout)
	defer cancel()
	result, err := u.arrivals.Exec(ctx, `UPDATE scrapehook.imports SET next_try = now(), wanted = greatest(wanted, done + 1),
		wanted_since = CASE WHEN wanted > done THEN wanted_since ELSE now() END
		WHERE job_id = $1 AND (lease_owner = '' OR next_try <= now())`, jobID)
	if err != nil {
		return false, fmt.Errorf("hastening the import of job %d: %w", jobID, err)
	}
	if result.RowsAffected() == 0 {
		return false, nil
	}
	return true, u.announce(ctx)
}

// Prune implements [receiver.Upkeep].
func (u upkeep) Prune(ctx context.Context, before time.Time, limit int) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, upkeepTimeout)
	defer cancel()
	result, err := u.arrivals.Exec(ctx, `DELETE FROM scrapehook.inbox
		WHERE id IN (SELECT id FROM scrapehook.inbox ORDER BY id LIMIT $1) AND received_at < $2`, limit, before)
	if err != nil {
		return 0, fmt.Errorf("forgetting old notifications: %w", err)
	}
	return int(result.RowsAffected()), nil
}

// announce tells every process that listens of imports that may be due.
func (u upkeep) announce(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, leaseTimeout)
	defer cancel()
	if _, err := u.arrivals.Exec(ctx, "NOTIFY "+channel); err != nil {
		return fmt.Errorf("announcing imports: %w", err)
	}
	return nil
}
