package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/receiver"
)

// inboxApplication marks the inbox's file (SQLite's application_id).
const inboxApplication = 0x73686b69 // shki

// inboxSchema is the inbox's schema, one step a version. Times are unix
// milliseconds.
var inboxSchema = []string{`
-- What arrived, in the order of arrival. Rows are never changed.
CREATE TABLE inbox (
	id           INTEGER PRIMARY KEY,
	received_at  INTEGER NOT NULL,
	job_id       INTEGER NOT NULL,
	status       TEXT    NOT NULL,
	sitemap_id   INTEGER NOT NULL,
	sitemap_name TEXT    NOT NULL,
	custom_id    TEXT    NOT NULL
) STRICT;

-- What is to be done about it, one row a job.
CREATE TABLE imports (
	job_id      INTEGER PRIMARY KEY,
	wanted      INTEGER NOT NULL,            -- notifications that want the import
	done        INTEGER NOT NULL DEFAULT 0,  -- how many of them it has satisfied
	next_try    INTEGER NOT NULL,            -- when it is due; while leased, when the lease ends
	attempts    INTEGER NOT NULL DEFAULT 0,  -- failed ones since it was last done
	lease_owner TEXT    NOT NULL DEFAULT '', -- empty: not leased
	outcome     TEXT    NOT NULL DEFAULT '', -- of the last time it was done
	last_error  TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX imports_due ON imports (next_try) WHERE wanted > done;
`, `
ALTER TABLE imports ADD COLUMN wanted_since INTEGER NOT NULL DEFAULT 0; -- while it is wanted
`, `
-- Which rows' file goes with this one; no row where rows go elsewhere.
CREATE TABLE binding (
	one           INTEGER PRIMARY KEY CHECK (one = 1),
	inbox_id      TEXT    NOT NULL, -- the rows' file has it too
	rows_mark     INTEGER NOT NULL, -- the last mark of the rows' that was seen here
	-- Imports that were done in this time may be missing from the rows: they were
	-- restored from a backup.
	restored_from INTEGER NOT NULL DEFAULT 0,
	restored_at   INTEGER NOT NULL DEFAULT 0
) STRICT;
`}

const (
	sqlArrive     = `INSERT INTO inbox (received_at, job_id, status, sitemap_id, sitemap_name, custom_id)`
	arriveColumns = 6

	sqlWant     = `INSERT INTO imports (job_id, wanted, next_try, wanted_since)`
	wantColumns = 4
	// An import that is wanted already keeps its time: it may be leased, or the
	// cloud may have asked for patience.
	sqlWantAgain = `ON CONFLICT (job_id) DO UPDATE SET
			wanted = wanted + 1,
			next_try = CASE WHEN wanted > done THEN next_try ELSE excluded.next_try END,
			wanted_since = CASE WHEN wanted > done THEN wanted_since ELSE excluded.wanted_since END`
)

// Inbox is a [receiver.Store] in an SQLite file of its own.
//
// Only arrivals wait for the disk. When a power failure undoes a lease, a retry or
// an end, the import is done again and finds its rows in place. Syncing each of them
// would leave little of the disk to the acknowledgements. There is one log, so a
// sync of arrivals covers everything before them.
type Inbox struct {
	upkeep       // and everything else but arrivals
	path         string
	arrivals     *sql.DB // whose commits are synced
	arrive, want bulk
	doubtful     bool // see mendLocked; guarded by writer

	rowsMark func() int64 // of the rows that were written last; nil if they go elsewhere
	seenMark int64        // the mark that is recorded; guarded by writer
}

var (
	_ receiver.Store  = (*Inbox)(nil)
	_ receiver.Upkeep = (*Inbox)(nil)
)

func openInbox(ctx context.Context, path string) (_ *Inbox, err error) {
	b := &Inbox{path: path, upkeep: upkeep{writer: new(sync.Mutex)}}
	defer func() {
		if err != nil {
			_ = b.close() // the first error says why
		}
	}()
	if b.arrivals, err = openDatabase(ctx, path, inboxApplication, inboxSchema); err != nil {
		return nil, err
	}
	if b.db, err = open(path, "busy_timeout(10000)", "synchronous(NORMAL)"); err != nil {
		return nil, err
	}
	// The mutex decides who writes. Those who only read must not hold the writer up.
	b.db.SetMaxOpenConns(4)
	b.db.SetMaxIdleConns(4)
	if b.arrive, err = prepareBulk(ctx, b.arrivals, sqlArrive, arriveColumns, ""); err != nil {
		return nil, err
	}
	if b.want, err = prepareBulk(ctx, b.arrivals, sqlWant, wantColumns, sqlWantAgain); err != nil {
		return nil, err
	}
	// The lock on the store shows that no other process holds a lease.
	_, err = b.exec(ctx, `UPDATE imports SET lease_owner = '', next_try = ? WHERE lease_owner <> ''`, millis(time.Now()))
	return b, err
}

func (b *Inbox) close() error {
	var errs []error
	for _, db := range []*sql.DB{b.arrivals, b.db} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// Accept implements [receiver.Store].
func (b *Inbox) Accept(ctx context.Context, arrivals []receiver.Arrival) error {
	b.writer.Lock()
	defer b.writer.Unlock()
	err := b.mendLocked(ctx)
	if err == nil {
		err = b.acceptLocked(ctx, arrivals)
	}
	if err != nil {
		b.doubtful = b.doubtful || isFailedSync(err)
		return explain(err, b.path)
	}
	return nil
}

func (b *Inbox) acceptLocked(ctx context.Context, arrivals []receiver.Arrival) error {
	tx, err := b.arrivals.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after a commit
	now := millis(time.Now())
	arrived, wanted := make([]any, 0, arriveColumns*len(arrivals)), make([]any, 0, wantColumns*len(arrivals))
	for _, a := range arrivals {
		arrived = append(arrived, a.ReceivedAt.UnixMilli(), a.JobID, string(a.Status), a.SitemapID, a.SitemapName, a.CustomID)
		if a.Wanted {
			wanted = append(wanted, a.JobID, 1, now, now)
		}
	}
	if err := b.arrive.insert(ctx, tx, arrived); err != nil {
		return err
	}
	if err := b.want.insert(ctx, tx, wanted); err != nil {
		return err
	}
	return tx.Commit()
}

// Lease implements [receiver.Store].
func (b *Inbox) Lease(ctx context.Context, owner string, ttl time.Duration) (receiver.Lease, bool, error) {
	now := time.Now()
	l := receiver.Lease{Owner: owner}
	b.writer.Lock()
	defer b.writer.Unlock()
	err := b.db.QueryRowContext(ctx, `UPDATE imports SET lease_owner = ?, next_try = ?
		WHERE job_id = (SELECT job_id FROM imports WHERE wanted > done AND next_try <= ? ORDER BY next_try LIMIT 1)
		RETURNING job_id, wanted, attempts`, owner, millis(now.Add(ttl)), now.UnixMilli()).
		Scan(&l.JobID, &l.Generation, &l.Attempts)
	if errors.Is(err, sql.ErrNoRows) {
		return receiver.Lease{}, false, nil
	}
	if err != nil {
		return receiver.Lease{}, false, fmt.Errorf("leasing an import: %w", err)
	}
	return l, true, nil
}

// NextDue implements [receiver.Store].
func (b *Inbox) NextDue(ctx context.Context) (time.Duration, bool, error) {
	var at int64
	err := b.db.QueryRowContext(ctx, `SELECT next_try FROM imports WHERE wanted > done ORDER BY next_try LIMIT 1`).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("looking for the next import: %w", err)
	}
	return max(0, time.Until(time.UnixMilli(at))), true, nil
}

// Renew implements [receiver.Store].
func (b *Inbox) Renew(ctx context.Context, l receiver.Lease, ttl time.Duration) (receiver.Lease, error) {
	b.writer.Lock()
	defer b.writer.Unlock()
	err := b.db.QueryRowContext(ctx, `UPDATE imports SET next_try = ? WHERE job_id = ? AND lease_owner = ? RETURNING wanted`,
		millis(time.Now().Add(ttl)), l.JobID, l.Owner).Scan(&l.Generation)
	if errors.Is(err, sql.ErrNoRows) {
		return l, receiver.ErrLeaseLost
	}
	if err != nil {
		return l, fmt.Errorf("renewing the lease of job %d: %w", l.JobID, err)
	}
	return l, nil
}

// Done implements [receiver.Store].
func (b *Inbox) Done(ctx context.Context, l receiver.Lease, o receiver.Outcome) error {
	if err := b.saveMark(ctx); err != nil {
		return err
	}
	now := millis(time.Now())
	return b.end(ctx, l, `UPDATE imports SET lease_owner = '', next_try = ?, wanted_since = ?, done = ?, attempts = 0, outcome = ?,
		last_error = '' WHERE job_id = ? AND lease_owner = ?`, now, now, l.Generation, string(o))
}

// Retry implements [receiver.Store].
func (b *Inbox) Retry(ctx context.Context, l receiver.Lease, delay time.Duration, cause string) error {
	return b.end(ctx, l, `UPDATE imports SET lease_owner = '', next_try = ?, attempts = attempts + 1, last_error = ?
		WHERE job_id = ? AND lease_owner = ?`, millis(time.Now().Add(delay)), cause)
}

// Release implements [receiver.Store].
func (b *Inbox) Release(ctx context.Context, l receiver.Lease) error {
	err := b.end(ctx, l, `UPDATE imports SET lease_owner = '', next_try = ? WHERE job_id = ? AND lease_owner = ?`, millis(time.Now()))
	if errors.Is(err, receiver.ErrLeaseLost) {
		return nil
	}
	return err
}

// end runs an update that ends a lease: its last two parameters are the job and
// the owner.
func (b *Inbox) end(ctx context.Context, l receiver.Lease, update string, args ...any) error {
	result, err := b.exec(ctx, update, append(args, l.JobID, l.Owner)...)
	if err != nil {
		return fmt.Errorf("ending the lease of job %d: %w", l.JobID, err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(receiver.ErrLeaseLost, err)
	}
	return nil
}
