package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/receiver"
)

// upkeep is a [receiver.Upkeep].
type upkeep struct {
	// writer is held by whoever writes: waiting for it is fairer than in SQLite.
	writer *sync.Mutex
	db     *sql.DB // whose commits are synced only by a desk
}

// Desk is the upkeep of a store that another process may own.
type Desk struct {
	upkeep
	path string
}

var _ receiver.Upkeep = (*Desk)(nil)

// OpenDesk opens the inbox in the file path for its upkeep, whether or not a
// receiver runs on it. It makes no file and changes no schema.
func OpenDesk(ctx context.Context, path string) (_ *Desk, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("opening the store %s: %w", path, err)
		}
	}()
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	if err := recognise(ctx, path, inboxApplication, lockPath(path)); err != nil {
		return nil, err
	}
	db, err := open(path, "busy_timeout(10000)", "synchronous(FULL)")
	if err != nil {
		return nil, err
	}
	var version int
	if err = db.QueryRowContext(ctx, "SELECT user_version FROM pragma_user_version").Scan(&version); err == nil && version != len(inboxSchema) {
		err = fmt.Errorf("the file is of version %d, and this program's is %d: start its receiver first", version, len(inboxSchema))
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &Desk{upkeep{new(sync.Mutex), db}, path}, nil
}

// Close closes the desk.
func (d *Desk) Close() error { return d.db.Close() }

// Backlog implements [receiver.Upkeep].
func (u upkeep) Backlog(ctx context.Context) (receiver.Backlog, error) {
	var l receiver.Backlog
	var oldest sql.NullInt64
	err := u.db.QueryRowContext(ctx, `SELECT count(*), count(nullif(lease_owner, '')), count(nullif(attempts, 0)), min(wanted_since)
		FROM imports WHERE wanted > done`).Scan(&l.Wanted, &l.Leased, &l.Failing, &oldest)
	if err != nil {
		return receiver.Backlog{}, fmt.Errorf("counting the imports: %w", err)
	}
	if oldest.Valid {
		l.Lag = max(0, time.Since(time.UnixMilli(oldest.Int64)))
	}
	return l, nil
}

// Imports implements [receiver.Upkeep].
func (u upkeep) Imports(ctx context.Context, all bool, limit int) ([]receiver.ImportState, error) {
	rows, err := u.db.QueryContext(ctx, `SELECT job_id, wanted > done, wanted_since, lease_owner <> '', next_try, attempts, last_error, outcome
		FROM imports WHERE wanted > done OR ? ORDER BY wanted > done DESC,
			CASE WHEN wanted > done THEN wanted_since ELSE -next_try END, job_id LIMIT ?`, all, limit)
	if err != nil {
		return nil, fmt.Errorf("listing the imports: %w", err)
	}
	defer rows.Close() //nolint:errcheck // reading has no late errors but Err's
	var list []receiver.ImportState
	for rows.Next() {
		var s receiver.ImportState
		var since, next int64
		if err := rows.Scan(&s.JobID, &s.Wanted, &since, &s.Leased, &next, &s.Attempts, &s.LastError, &s.Outcome); err != nil {
			return nil, fmt.Errorf("listing the imports: %w", err)
		}
		s.WantedSince, s.Next = time.UnixMilli(since), time.UnixMilli(next)
		list = append(list, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("listing the imports: %w", err)
	}
	return list, nil
}

// Hasten implements [receiver.Upkeep].
func (u upkeep) Hasten(ctx context.Context, jobID int64) (bool, error) {
	result, err := u.exec(ctx, `UPDATE imports SET next_try = ?1, wanted = max(wanted, done + 1),
		wanted_since = CASE WHEN wanted > done THEN wanted_since ELSE ?1 END
		WHERE job_id = ?2 AND lease_owner = ''`, millis(time.Now()), jobID)
	if err != nil {
		return false, fmt.Errorf("hastening the import of job %d: %w", jobID, err)
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// Prune implements [receiver.Upkeep].
func (u upkeep) Prune(ctx context.Context, before time.Time, limit int) (int, error) {
	result, err := u.exec(ctx, `DELETE FROM inbox
		WHERE id IN (SELECT id FROM inbox ORDER BY id LIMIT ?) AND received_at < ?`, limit, before.UnixMilli())
	if err != nil {
		return 0, fmt.Errorf("forgetting old notifications: %w", err)
	}
	n, err := result.RowsAffected()
	return int(n), err
}

func (u upkeep) exec(ctx context.Context, statement string, args ...any) (sql.Result, error) {
	u.writer.Lock()
	defer u.writer.Unlock()
	return u.db.ExecContext(ctx, statement, args...)
}
