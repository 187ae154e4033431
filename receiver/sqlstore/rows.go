package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"os"
	"time"

	"github.com/scrapehook/scrapehook/receiver"
)

// rowsApplication marks the rows' file (SQLite's application_id).
const rowsApplication = 0x73686b72 // shkr

// rowsSchema is the schema that users query, one step a version. Times are unix
// milliseconds.
var rowsSchema = []string{`
-- One row a job whose rows are in imported_rows.
CREATE TABLE imported_jobs (
	job_id       INTEGER PRIMARY KEY,
	status       TEXT    NOT NULL, -- of the job, when these were its rows
	partial      INTEGER NOT NULL, -- 1: the job did not run to its end
	sitemap_id   INTEGER NOT NULL,
	sitemap_name TEXT    NOT NULL,
	custom_id    TEXT    NOT NULL,
	row_count    INTEGER NOT NULL,
	imported_at  INTEGER NOT NULL,
	fingerprint  TEXT    NOT NULL  -- what the cloud said of the job then
) STRICT;

-- The rows, numbered from 1 in the order of the download.
CREATE TABLE imported_rows (
	job_id INTEGER NOT NULL,
	n      INTEGER NOT NULL,
	data   TEXT    NOT NULL, -- the JSON object as it was received
	PRIMARY KEY (job_id, n)
) STRICT, WITHOUT ROWID;
`}

// Rows is a [receiver.Sink] in an SQLite file of its own.
type Rows struct {
	db *sql.DB
}

var _ receiver.Sink = (*Rows)(nil)

func openRows(ctx context.Context, path string) (*Rows, error) {
	db, err := openDatabase(ctx, path, rowsApplication, rowsSchema)
	if err != nil {
		return nil, err
	}
	return &Rows{db}, nil
}

// Fingerprint implements [receiver.Sink].
func (r *Rows) Fingerprint(ctx context.Context, jobID int64) (string, error) {
	return fingerprint(ctx, r.db, jobID)
}

func fingerprint(ctx context.Context, q interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}, jobID int64) (string, error) {
	var recorded string
	err := q.QueryRowContext(ctx, `SELECT fingerprint FROM imported_jobs WHERE job_id = ?`, jobID).Scan(&recorded)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return recorded, err
}

// Replace implements [receiver.Sink].
func (r *Rows) Replace(ctx context.Context, previous string, imp receiver.Import, rows iter.Seq2[json.RawMessage, error]) error {
	tx, err := r.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after a commit
	recorded, err := fingerprint(ctx, tx, imp.JobID)
	if err != nil {
		return err
	}
	if recorded != previous {
		return receiver.ErrSuperseded
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM imported_rows WHERE job_id = ?`, imp.JobID); err != nil {
		return err
	}
	if err := insertRows(ctx, tx, imp.JobID, rows); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `REPLACE INTO imported_jobs
		(job_id, status, partial, sitemap_id, sitemap_name, custom_id, row_count, imported_at, fingerprint)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		imp.JobID, string(imp.Status), imp.Partial, imp.SitemapID, imp.SitemapName, imp.CustomID, imp.Rows,
		millis(time.Now()), imp.Fingerprint); err != nil {
		return err
	}
	return tx.Commit()
}

func insertRows(ctx context.Context, tx *sql.Tx, jobID int64, rows iter.Seq2[json.RawMessage, error]) error {
	insert, err := tx.PrepareContext(ctx, `INSERT INTO imported_rows (job_id, n, data) VALUES (?, ?, ?)`) //nolint:sqlclosecheck // it ends with the transaction
	if err != nil {
		return err
	}
	// The driver starts a goroutine for each statement that can be cancelled.
	// The transaction ends with ctx in any case.
	each := context.WithoutCancel(ctx)
	n := 0
	for row, err := range rows {
		if err != nil {
			return err
		}
		n++
		if _, err := insert.ExecContext(each, jobID, n, string(row)); err != nil {
			return fmt.Errorf("row %d: %w", n, err)
		}
	}
	return ctx.Err()
}

// RowsReader reads imported rows, also while a receiver writes them in another
// process. It is safe for concurrent use.
type RowsReader struct {
	db *sql.DB
}

// OpenRows opens the rows' file path (see [RowsPath]) to read. It changes
// nothing in it. The error is [fs.ErrNotExist] when there is no such file (yet).
func OpenRows(path string) (*RowsReader, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("opening the imported rows: %w", err)
	}
	db, err := sql.Open("sqlite", dsn(path, url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(10000)"}}))
	if err != nil {
		return nil, fmt.Errorf("opening the imported rows %s: %w", path, err)
	}
	db.SetMaxOpenConns(4)
	return &RowsReader{db}, nil
}

// Close closes the reader.
func (r *RowsReader) Close() error { return r.db.Close() }

// Rows returns the first rows of a job, at most limit of them, in the order of
// the download, each as the JSON object that was received. A job that was not
// imported has none.
func (r *RowsReader) Rows(ctx context.Context, jobID int64, limit int) ([]json.RawMessage, error) {
	result, err := r.db.QueryContext(ctx, `SELECT data FROM imported_rows WHERE job_id = ? ORDER BY n LIMIT ?`, jobID, limit)
	if err != nil {
		return nil, fmt.Errorf("reading the rows of job %d: %w", jobID, err)
	}
	defer result.Close() //nolint:errcheck // reading has no late errors but Err's
	var rows []json.RawMessage
	for result.Next() {
		var data string
		if err := result.Scan(&data); err != nil {
			return nil, fmt.Errorf("reading the rows of job %d: %w", jobID, err)
		}
		rows = append(rows, json.RawMessage(data))
	}
	if err := result.Err(); err != nil {
		return nil, fmt.Errorf("reading the rows of job %d: %w", jobID, err)
	}
	return rows, nil
}

// Import returns the record of a job's import; ok is false when there is none.
func (r *RowsReader) Import(ctx context.Context, jobID int64) (imp receiver.Import, ok bool, err error) {
	err = r.db.QueryRowContext(ctx, `SELECT job_id, status, partial, sitemap_id, sitemap_name, custom_id, row_count, fingerprint
		FROM imported_jobs WHERE job_id = ?`, jobID).
		Scan(&imp.JobID, &imp.Status, &imp.Partial, &imp.SitemapID, &imp.SitemapName, &imp.CustomID, &imp.Rows, &imp.Fingerprint)
	if errors.Is(err, sql.ErrNoRows) {
		return receiver.Import{}, false, nil
	}
	if err != nil {
		return receiver.Import{}, false, fmt.Errorf("reading the import of job %d: %w", jobID, err)
	}
	return imp, true, nil
}
