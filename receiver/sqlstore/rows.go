package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"sync/atomic"
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
`, `
-- Tells whether these are the rows that an inbox has seen.
CREATE TABLE imported_state (
	one      INTEGER PRIMARY KEY CHECK (one = 1),
	inbox_id TEXT    NOT NULL, -- the inbox's whose rows these are, if it is in a file
	mark     INTEGER NOT NULL  -- how many imports have written rows
) STRICT;
INSERT INTO imported_state (one, inbox_id, mark) VALUES (1, '', 0);
`}

// Write replaces the job's earlier rows by those of an import, wherever its author
// wants them, in the transaction that records the import. An error, also one among
// the rows, undoes both. imp.JobID is the key.
type Write func(ctx context.Context, tx *sql.Tx, imp receiver.Import, rows iter.Seq2[json.RawMessage, error]) error

// Rows is a [receiver.Sink] in the tables imported_jobs and imported_rows, in an
// SQLite file of its own or in the caller's.
type Rows struct {
	db    *sql.DB
	write Write
	mark  atomic.Int64 // of the last import that was committed
}

var _ receiver.Sink = (*Rows)(nil)

func openRows(ctx context.Context, path string) (*Rows, error) {
	db, err := openDatabase(ctx, path, rowsApplication, rowsSchema)
	if err != nil {
		return nil, err
	}
	return &Rows{db: db, write: writeRows}, nil
}

// NewRows returns a sink in a database of the caller's, of whichever SQLite
// driver, and makes its tables there. write puts the rows where the caller wants
// them; nil is the table imported_rows. The database stays the caller's to close.
// It should have a busy timeout if anything else writes to it.
//
// The inbox that goes with it has a file of its own ([OpenInbox]): SQLite has one
// writer a file, and an acknowledgement must not wait for the caller's.
func NewRows(ctx context.Context, db *sql.DB, write Write) (*Rows, error) {
	if write == nil {
		write = writeRows
	}
	if err := checkSync(ctx, db); err != nil {
		return nil, fmt.Errorf("opening the sink in SQLite: %w", err)
	}
	if err := migrateForeign(ctx, db); err != nil {
		return nil, fmt.Errorf("opening the sink in SQLite: %w", err)
	}
	return &Rows{db: db, write: write}, nil
}

// checkSync refuses a database whose commits may not be on disk when they
// return. Some drivers have that as the default of a write-ahead log.
func checkSync(ctx context.Context, db *sql.DB) error {
	const full = 2
	var level int
	if err := db.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&level); err != nil {
		return err
	}
	if level < full {
		return fmt.Errorf("its commits don't wait for the disk (PRAGMA synchronous is %d): open it with synchronous=FULL", level)
	}
	return nil
}

// migrateForeign is migrate for a database whose user_version is its owner's. The
// first statement takes the write lock, so that of two at once one waits.
func migrateForeign(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after a commit
	if _, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS scrapehook_versions (version INTEGER PRIMARY KEY)`); err != nil {
		return err
	}
	var version int
	if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(version), 0) FROM scrapehook_versions`).Scan(&version); err != nil {
		return err
	}
	if version > len(rowsSchema) {
		return errNewer(version, len(rowsSchema))
	}
	for n, step := range rowsSchema[version:] {
		if _, err := tx.ExecContext(ctx, step); err != nil {
			return fmt.Errorf("making version %d of the tables: %w", version+n+1, err)
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO scrapehook_versions (version) VALUES (?)`, version+n+1); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// Fingerprint implements [receiver.Sink].
func (r *Rows) Fingerprint(ctx context.Context, jobID int64) (string, error) {
	var recorded string
	err := r.db.QueryRowContext(ctx, `SELECT fingerprint FROM imported_jobs WHERE job_id = ?`, jobID).Scan(&recorded)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return recorded, err
}

// Replace implements [receiver.Sink]. The record is written first, because that
// takes the write lock: what is read before could be out of date by then.
func (r *Rows) Replace(ctx context.Context, previous string, imp receiver.Import, rows iter.Seq2[json.RawMessage, error]) error {
	tx, err := r.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after a commit
	if err := record(ctx, tx, previous, imp); err != nil {
		return err
	}
	var mark int64
	if err := tx.QueryRowContext(ctx, `UPDATE imported_state SET mark = mark + 1 RETURNING mark`).Scan(&mark); err != nil {
		return err
	}
	var broken error // among the rows; a caller's Write may have no word for it
	err = r.write(ctx, tx, imp, func(yield func(json.RawMessage, error) bool) {
		for row, err := range rows {
			if err != nil {
				broken = err
			}
			if !yield(row, err) {
				return
			}
		}
	})
	if err = cmp.Or(broken, err, ctx.Err()); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	r.raiseMark(mark)
	return nil
}

// raiseMark keeps the highest mark, whichever import is the first to tell.
func (r *Rows) raiseMark(mark int64) {
	for {
		known := r.mark.Load()
		if mark <= known || r.mark.CompareAndSwap(known, mark) {
			return
		}
	}
}

// record writes the record of an import if the present one is the previous.
func record(ctx context.Context, tx *sql.Tx, previous string, imp receiver.Import) error {
	write := `UPDATE imported_jobs SET status = ?3, partial = ?4, sitemap_id = ?5, sitemap_name = ?6, custom_id = ?7,
		row_count = ?8, imported_at = ?9, fingerprint = ?10 WHERE job_id = ?1 AND fingerprint = ?2`
	if previous == "" {
		write = `INSERT INTO imported_jobs
			(job_id, status, partial, sitemap_id, sitemap_name, custom_id, row_count, imported_at, fingerprint)
			SELECT ?1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10 WHERE ?2 = '' ON CONFLICT DO NOTHING`
	}
	result, err := tx.ExecContext(ctx, write, imp.JobID, previous, string(imp.Status), imp.Partial, imp.SitemapID,
		imp.SitemapName, imp.CustomID, imp.Rows, millis(time.Now()), imp.Fingerprint)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return cmp.Or(err, receiver.ErrSuperseded)
	}
	return nil
}

// writeRows is the [Write] of the table imported_rows.
func writeRows(ctx context.Context, tx *sql.Tx, imp receiver.Import, rows iter.Seq2[json.RawMessage, error]) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM imported_rows WHERE job_id = ?`, imp.JobID); err != nil {
		return err
	}
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
		if _, err := insert.ExecContext(each, imp.JobID, n, string(row)); err != nil {
			return fmt.Errorf("row %d: %w", n, err)
		}
	}
	return nil
}
