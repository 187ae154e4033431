package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"

	"github.com/scrapehook/scrapehook/receiver"
)

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
