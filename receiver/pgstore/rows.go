package pgstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scrapehook/scrapehook/receiver"
)

// Write replaces the job's earlier rows by those of an import, wherever its author
// wants them, in the transaction that records the import. An error, also one among
// the rows, undoes both. imp.JobID is the key.
type Write func(ctx context.Context, tx pgx.Tx, imp receiver.Import, rows iter.Seq2[json.RawMessage, error]) error

// Rows is a [receiver.Sink] in the tables imported_jobs and imported_rows, or in
// a [Write]'s.
type Rows struct {
	pool    *pgxpool.Pool
	write   Write
	foreign bool // the pool is not prepared
}

var _ receiver.Sink = (*Rows)(nil)

// Fingerprint implements [receiver.Sink].
func (r *Rows) Fingerprint(ctx context.Context, jobID int64) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, fingerprintTimeout)
	defer cancel()
	var recorded string
	err := r.pool.QueryRow(ctx, `SELECT fingerprint FROM scrapehook.imported_jobs WHERE job_id = $1`, jobID).Scan(&recorded)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return recorded, err
}

// Replace implements [receiver.Sink]. The record is written first. Two imports of
// one job, in whichever processes, wait for each other at its row, and the later
// one finds it changed.
func (r *Rows) Replace(ctx context.Context, previous string, imp receiver.Import, rows iter.Seq2[json.RawMessage, error]) error {
	err := pgx.BeginFunc(ctx, r.pool, func(tx pgx.Tx) error {
		if r.foreign {
			if _, err := tx.Exec(ctx, sqlWaitForDisk, true); err != nil {
				return err
			}
		}
		if err := record(ctx, tx, previous, imp); err != nil {
			return err
		}
		// What is broken among the rows is returned itself: the server's error would
		// hide it, and a caller's Write may overlook it.
		var broken error
		err := r.write(ctx, tx, imp, func(yield func(json.RawMessage, error) bool) {
			for row, err := range rows {
				if err != nil {
					broken = err
				}
				if !yield(row, err) {
					return
				}
			}
		})
		if broken != nil {
			return broken
		}
		return err
	})
	if err != nil && ctx.Err() != nil {
		// A copy that is cancelled half-way may say only that its connection is
		// closed.
		return errors.Join(ctx.Err(), err)
	}
	return err
}

// writeRows is the [Write] of the table imported_rows.
func writeRows(ctx context.Context, tx pgx.Tx, imp receiver.Import, rows iter.Seq2[json.RawMessage, error]) error {
	if _, err := tx.Exec(ctx, `DELETE FROM scrapehook.imported_rows WHERE job_id = $1`, imp.JobID); err != nil {
		return err
	}
	next, stop := iter.Pull2(rows)
	defer stop()
	n := int64(0)
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"scrapehook", "imported_rows"}, []string{"job_id", "n", "data"},
		pgx.CopyFromFunc(func() ([]any, error) {
			row, err, ok := next()
			if !ok || err != nil {
				return nil, err
			}
			n++
			return []any{imp.JobID, n, []byte(row)}, nil
		}))
	return err
}

// record writes the record of an import if the present one is the previous.
func record(ctx context.Context, tx pgx.Tx, previous string, imp receiver.Import) error {
	write := `UPDATE scrapehook.imported_jobs SET status = $3, partial = $4, sitemap_id = $5, sitemap_name = $6, custom_id = $7,
		row_count = $8, imported_at = now(), fingerprint = $9 WHERE job_id = $1 AND fingerprint = $2`
	if previous == "" {
		write = `INSERT INTO scrapehook.imported_jobs
			(job_id, status, partial, sitemap_id, sitemap_name, custom_id, row_count, imported_at, fingerprint)
			SELECT $1, $3, $4, $5, $6, $7, $8, now(), $9 WHERE $2 = '' ON CONFLICT DO NOTHING`
	}
	result, err := tx.Exec(ctx, write, imp.JobID, previous, text(string(imp.Status)), imp.Partial, imp.SitemapID,
		text(imp.SitemapName), text(imp.CustomID), imp.Rows, imp.Fingerprint)
	if err != nil {
		return err
	}
	if result.RowsAffected() == 0 {
		return receiver.ErrSuperseded
	}
	return nil
}

// Rows returns the first rows of a job, at most limit of them, in the order of
// the download, each as the JSON object that was received. A job that was not
// imported has none.
func (r *Rows) Rows(ctx context.Context, jobID int64, limit int) ([]json.RawMessage, error) {
	result, err := r.pool.Query(ctx, `SELECT data::text FROM scrapehook.imported_rows WHERE job_id = $1 ORDER BY n LIMIT $2`, jobID, limit)
	if err == nil {
		var rows []json.RawMessage
		rows, err = pgx.CollectRows(result, func(row pgx.CollectableRow) (json.RawMessage, error) {
			var data string
			err := row.Scan(&data)
			return json.RawMessage(data), err
		})
		if err == nil {
			return rows, nil
		}
	}
	return nil, fmt.Errorf("reading the rows of job %d: %w", jobID, err)
}

// Import returns the record of a job's import; ok is false when there is none.
func (r *Rows) Import(ctx context.Context, jobID int64) (imp receiver.Import, ok bool, err error) {
	err = r.pool.QueryRow(ctx, `SELECT job_id, status, partial, sitemap_id, sitemap_name, custom_id, row_count, fingerprint
		FROM scrapehook.imported_jobs WHERE job_id = $1`, jobID).
		Scan(&imp.JobID, &imp.Status, &imp.Partial, &imp.SitemapID, &imp.SitemapName, &imp.CustomID, &imp.Rows, &imp.Fingerprint)
	if errors.Is(err, pgx.ErrNoRows) {
		return receiver.Import{}, false, nil
	}
	if err != nil {
		return receiver.Import{}, false, fmt.Errorf("reading the import of job %d: %w", jobID, err)
	}
	return imp, true, nil
}
