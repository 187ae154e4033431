package pgstore

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// sqlMissing are the imports that are recorded as done and whose rows are not.
const sqlMissing = `SELECT i.job_id FROM scrapehook.imports i
	WHERE i.wanted <= i.done AND i.outcome IN ('imported', 'unchanged')
		AND NOT EXISTS (SELECT FROM scrapehook.imported_jobs j WHERE j.job_id = i.job_id)`

// Check checks the store whole, which takes as long as reading it, and returns
// what is wrong with it, one sentence each. Whether the server's own files are
// whole is for PostgreSQL's tools (pg_amcheck).
func (d *Desk) Check(ctx context.Context) (problems []string, err error) {
	var missing, example int64
	err = d.arrivals.QueryRow(ctx, `SELECT count(*), coalesce(min(job_id), 0) FROM (`+sqlMissing+`) AS m`).Scan(&missing, &example)
	if err != nil {
		return nil, fmt.Errorf("looking for missing rows: %w", err)
	}
	if missing > 0 {
		problems = append(problems, fmt.Sprintf("the rows of %d imports are missing, such as job %d: scrapehook receive retry --missing", missing, example))
	}
	// Where imported_rows is empty, rows go to a table of the user's.
	result, err := d.arrivals.Query(ctx, `SELECT job_id, row_count, n FROM (SELECT job_id, row_count,
		(SELECT count(*) FROM scrapehook.imported_rows r WHERE r.job_id = j.job_id) AS n FROM scrapehook.imported_jobs j) AS counted
		WHERE n <> row_count AND EXISTS (SELECT FROM scrapehook.imported_rows) LIMIT 100`)
	if err != nil {
		return nil, fmt.Errorf("counting rows: %w", err)
	}
	counted, err := pgx.CollectRows(result, func(row pgx.CollectableRow) (string, error) {
		var job, want, got int64
		err := row.Scan(&job, &want, &got)
		return fmt.Sprintf("job %d has %d rows, and had %d when they were imported", job, got, want), err
	})
	if err != nil {
		return nil, fmt.Errorf("counting rows: %w", err)
	}
	return append(problems, counted...), nil
}

// Missing returns jobs, at most limit, whose import is recorded as done and whose
// rows are not.
func (d *Desk) Missing(ctx context.Context, limit int) ([]int64, error) {
	result, err := d.arrivals.Query(ctx, sqlMissing+` ORDER BY i.job_id LIMIT $1`, limit)
	if err != nil {
		return nil, fmt.Errorf("looking for missing rows: %w", err)
	}
	jobs, err := pgx.CollectRows(result, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("looking for missing rows: %w", err)
	}
	return jobs, nil
}

// RetryMissing has the imports of [Desk.Missing] done again, and returns how many
// they are.
func (d *Desk) RetryMissing(ctx context.Context) (int, error) {
	result, err := d.arrivals.Exec(ctx, `UPDATE scrapehook.imports SET next_try = now(), wanted = done + 1, wanted_since = now()
		WHERE lease_owner = '' AND job_id IN (`+sqlMissing+`)`)
	if err != nil {
		return 0, fmt.Errorf("having missing rows imported again: %w", err)
	}
	return int(result.RowsAffected()), d.announce(ctx)
}
