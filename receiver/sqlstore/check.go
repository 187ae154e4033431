package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	sqlitelib "modernc.org/sqlite/lib"
)

// startCheck bounds the check of a file at the start. A larger one is checked in
// part; [Desk.Check] checks it whole.
const startCheck = time.Second

// checkQuickly looks for damage for as long as startCheck.
func checkQuickly(ctx context.Context, db *sql.DB, path string) error {
	bounded, cancel := context.WithTimeout(ctx, startCheck)
	defer cancel()
	var found string
	err := db.QueryRowContext(bounded, `PRAGMA quick_check(1)`).Scan(&found)
	switch {
	case bounded.Err() != nil && ctx.Err() == nil:
		return nil
	case is(err, sqlitelib.SQLITE_CORRUPT):
		return fmt.Errorf("%w; scrapehook receive check says more", explain(err, path))
	case err == nil && found != "ok":
		return fmt.Errorf("%s is damaged (%s): restore it from a backup; scrapehook receive check says more", path, found)
	}
	return err
}

// Check checks the store whole, which takes as long as reading it, and returns
// what is wrong with it, one sentence each.
func (d *Desk) Check(ctx context.Context) (problems []string, err error) {
	if problems, err = integrity(ctx, d.db, d.path); err != nil {
		return nil, err
	}
	bound, err := d.isBound(ctx)
	if err != nil || !bound {
		return problems, err
	}
	missing, err := d.Missing(ctx, 1<<31-1)
	if err != nil {
		return nil, err
	}
	if len(missing) > 0 {
		problems = append(problems, fmt.Sprintf("the rows of %d imports are missing, such as job %d: scrapehook receive retry --missing", len(missing), missing[0]))
	}
	rowsProblems, err := d.checkRows(ctx)
	return append(problems, rowsProblems...), err
}

func (d *Desk) checkRows(ctx context.Context) (problems []string, err error) {
	rowsPath := RowsPath(d.path)
	if _, err := os.Stat(rowsPath); errors.Is(err, fs.ErrNotExist) {
		return nil, nil // all of its imports are missing, which has been said
	}
	rows, err := OpenRows(rowsPath)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // nothing was written to it
	if problems, err = integrity(ctx, rows.db, rowsPath); err != nil || len(problems) > 0 {
		return problems, err
	}
	result, err := rows.db.QueryContext(ctx, `SELECT job_id, row_count, n FROM (SELECT job_id, row_count,
		(SELECT count(*) FROM imported_rows r WHERE r.job_id = j.job_id) AS n FROM imported_jobs j) WHERE n <> row_count LIMIT 100`)
	if err != nil {
		return nil, explain(err, rowsPath)
	}
	defer result.Close() //nolint:errcheck // reading has no late errors but Err's
	for result.Next() {
		var job, want, got int64
		if err := result.Scan(&job, &want, &got); err != nil {
			return nil, err
		}
		problems = append(problems, fmt.Sprintf("job %d has %d rows, and had %d when they were imported", job, got, want))
	}
	return problems, result.Err()
}

// integrity returns what SQLite finds wrong with a file.
func integrity(ctx context.Context, db *sql.DB, path string) (problems []string, err error) {
	result, err := db.QueryContext(ctx, `PRAGMA integrity_check(20)`)
	if is(err, sqlitelib.SQLITE_CORRUPT) || is(err, sqlitelib.SQLITE_NOTADB) {
		return []string{fmt.Sprintf("%s is damaged: %v", path, err)}, nil
	}
	if err != nil {
		return nil, explain(err, path)
	}
	defer result.Close() //nolint:errcheck // reading has no late errors but Err's
	for result.Next() {
		var found string
		if err := result.Scan(&found); err != nil {
			return nil, err
		}
		if found != "ok" {
			problems = append(problems, fmt.Sprintf("%s is damaged: %s", path, found))
		}
	}
	if err := result.Err(); is(err, sqlitelib.SQLITE_CORRUPT) {
		return append(problems, fmt.Sprintf("%s is damaged: %v", path, err)), nil
	}
	return problems, result.Err()
}

// Missing returns jobs, at most limit, whose import is recorded as done and whose
// rows are not there: the rows' file was emptied, replaced or restored from an
// older backup. Where rows go elsewhere than to that file, there are none.
func (d *Desk) Missing(ctx context.Context, limit int) (jobs []int64, err error) {
	bound, err := d.isBound(ctx)
	if err != nil || !bound {
		return nil, err
	}
	err = d.withRows(ctx, d.attachable(), func(conn *sql.Conn) error {
		if err := makeEmpty(ctx, conn, d.attachable()); err != nil {
			return err
		}
		result, err := conn.QueryContext(ctx, sqlMissing+` ORDER BY i.job_id LIMIT ?`, limit)
		if err != nil {
			return err
		}
		defer result.Close() //nolint:errcheck // reading has no late errors but Err's
		for result.Next() {
			var job int64
			if err := result.Scan(&job); err != nil {
				return err
			}
			jobs = append(jobs, job)
		}
		return result.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("looking for missing rows: %w", err)
	}
	return jobs, nil
}

// RetryMissing has the imports of [Desk.Missing] done again, and returns how many
// they are.
func (d *Desk) RetryMissing(ctx context.Context) (n int, err error) {
	bound, err := d.isBound(ctx)
	if err != nil || !bound {
		return 0, err
	}
	d.writer.Lock()
	defer d.writer.Unlock()
	err = d.withRows(ctx, d.attachable(), func(conn *sql.Conn) error {
		if err := makeEmpty(ctx, conn, d.attachable()); err != nil {
			return err
		}
		result, err := conn.ExecContext(ctx, `UPDATE imports SET next_try = ?1, wanted = done + 1, wanted_since = ?1
			WHERE lease_owner = '' AND job_id IN (`+sqlMissing+`)`, millis(time.Now()))
		if err != nil {
			return err
		}
		count, err := result.RowsAffected()
		n = int(count)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("having missing rows imported again: %w", err)
	}
	return n, nil
}

// isBound reports whether the inbox's rows are in the file beside it.
func (d *Desk) isBound(ctx context.Context) (bound bool, err error) {
	err = d.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM binding)`).Scan(&bound)
	return bound, err
}

// inMemory is attached in the place of a rows' file that is gone.
const inMemory = ":memory:"

func (d *Desk) attachable() string {
	rowsPath := RowsPath(d.path)
	if _, err := os.Stat(rowsPath); errors.Is(err, fs.ErrNotExist) {
		return inMemory
	}
	return rowsPath
}

// makeEmpty makes the table that is looked into, if what is attached is in memory.
func makeEmpty(ctx context.Context, conn *sql.Conn, attached string) error {
	if attached != inMemory {
		return nil
	}
	_, err := conn.ExecContext(ctx, `CREATE TABLE r.imported_jobs (job_id INTEGER PRIMARY KEY)`)
	return err
}
