package sqlstore

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// errOtherRows says that the file of the rows goes with another inbox.
var errOtherRows = errors.New("its rows are those of another inbox: put this inbox's own file back, or move this one away, " +
	"and have imported again what the cloud still has (scrapehook receive retry --missing)")

// bind makes sure that the inbox and the rows belong together: both have the
// inbox's id, and the rows' mark, which each import raises, is not behind the one
// that the inbox has seen. Rows that were emptied, replaced or restored from an
// older backup are taken, and the window of the imports that they may lack is
// recorded. It returns how many imports they lack. Unless something is amiss it
// reads two rows, however large the files are.
func bind(ctx context.Context, inbox *Inbox, rows *Rows, rowsPath string) (missing int64, err error) {
	var id, rowsID string
	var seen, mark, restoredAt int64
	err = inbox.arrivals.QueryRowContext(ctx, `SELECT inbox_id, rows_mark, restored_at FROM binding`).Scan(&id, &seen, &restoredAt)
	first := errors.Is(err, sql.ErrNoRows)
	if err != nil && !first {
		return 0, err
	}
	if err := rows.db.QueryRowContext(ctx, `SELECT inbox_id, mark FROM imported_state`).Scan(&rowsID, &mark); err != nil {
		return 0, err
	}
	var empty bool
	if err := inbox.arrivals.QueryRowContext(ctx, `SELECT NOT EXISTS (SELECT 1 FROM imports)`).Scan(&empty); err != nil {
		return 0, err
	}
	switch {
	case first && empty && rowsID != "":
		id = rowsID // a new inbox in the place of one that was lost
	case first:
		id = rand.Text()
	}
	if rowsID != "" && rowsID != id {
		return 0, errOtherRows
	}
	if first {
		_, err = inbox.arrivals.ExecContext(ctx, `INSERT INTO binding (one, inbox_id, rows_mark) VALUES (1, ?, ?)`, id, mark)
	} else if mark < seen {
		err = inbox.recordRestored(ctx, rows, mark)
		restoredAt = 1
	}
	if err != nil {
		return 0, err
	}
	if rowsID == "" {
		if _, err := rows.db.ExecContext(ctx, `UPDATE imported_state SET inbox_id = ?`, id); err != nil {
			return 0, err
		}
	}
	rows.mark.Store(mark)
	inbox.rowsMark, inbox.seenMark = rows.mark.Load, mark
	if empty || (rowsID != "" && restoredAt == 0) {
		return 0, nil
	}
	err = inbox.withRows(ctx, rowsPath, func(conn *sql.Conn) error {
		return conn.QueryRowContext(ctx, `SELECT count(*) FROM (`+sqlMissing+`)`).Scan(&missing)
	})
	return missing, err
}

// recordRestored records that the rows are behind: what was imported after the
// last import that they have may be missing.
func (b *Inbox) recordRestored(ctx context.Context, rows *Rows, mark int64) error {
	var last int64
	if err := rows.db.QueryRowContext(ctx, `SELECT coalesce(max(imported_at), 0) FROM imported_jobs`).Scan(&last); err != nil {
		return err
	}
	_, err := b.arrivals.ExecContext(ctx, `UPDATE binding SET rows_mark = ?1, restored_at = ?2,
		restored_from = CASE WHEN restored_at > 0 THEN min(restored_from, ?3) ELSE ?3 END`, mark, millis(time.Now()), last)
	return err
}

// sqlMissing are the imports that the inbox has as done and the rows, attached as
// r, lack, or may lack since they were restored. Those that were done again after
// that are not among them.
const sqlMissing = `SELECT i.job_id FROM imports i, binding b
	WHERE i.wanted <= i.done AND i.outcome IN ('imported', 'unchanged')
		AND (NOT EXISTS (SELECT 1 FROM r.imported_jobs j WHERE j.job_id = i.job_id)
			OR i.next_try > b.restored_from AND i.next_try <= b.restored_at)`

// withRows calls use with a connection to the inbox that has the rows' file
// attached, as r, to be read.
func (u upkeep) withRows(ctx context.Context, rowsPath string, use func(*sql.Conn) error) (err error) {
	conn, err := u.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // it goes back to its pool
	name := rowsPath
	if name != inMemory {
		name = dsn(rowsPath, url.Values{"mode": {"ro"}})
	}
	if _, err := conn.ExecContext(ctx, `ATTACH ? AS r`, name); err != nil {
		return fmt.Errorf("opening the rows: %w", explain(err, rowsPath))
	}
	defer func() {
		if _, detaching := conn.ExecContext(context.WithoutCancel(ctx), `DETACH r`); err == nil {
			err = detaching
		}
	}()
	return use(conn)
}

// saveMark records the mark of the rows that were written last. It is not on
// stable storage before the rows are, so it is never ahead of theirs.
func (b *Inbox) saveMark(ctx context.Context) error {
	if b.rowsMark == nil {
		return nil
	}
	b.writer.Lock()
	defer b.writer.Unlock()
	mark := b.rowsMark()
	if mark <= b.seenMark {
		return nil
	}
	if _, err := b.db.ExecContext(ctx, `UPDATE binding SET rows_mark = ?`, mark); err != nil {
		return fmt.Errorf("recording the state of the rows: %w", err)
	}
	b.seenMark = mark
	return nil
}

// unbind forgets the rows' file of an inbox whose rows go elsewhere from now on.
func (b *Inbox) unbind(ctx context.Context) error {
	_, err := b.arrivals.ExecContext(ctx, `DELETE FROM binding`)
	return err
}
