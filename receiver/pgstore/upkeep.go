package pgstore

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/scrapehook/scrapehook/receiver"
)

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
