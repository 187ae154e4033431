package pgstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scrapehook/scrapehook/receiver"
)

// Inbox is a [receiver.Store] that any number of receivers share.
type Inbox struct {
	upkeep               // and its connections for arrivals
	leases *pgxpool.Pool // whose commits don't wait for the disk
}

var (
	_ receiver.Shared = (*Inbox)(nil)
	_ receiver.Upkeep = (*Inbox)(nil)
)

// sqlAccept is one statement, and so one transaction and one trip to the server
// and back, however many arrivals there are. Jobs are locked in their order, so
// that two of these never wait for each other. An import that is wanted already
// keeps its time: it may be leased, or the cloud may have asked for patience.
const sqlAccept = `WITH arrived AS (
	INSERT INTO scrapehook.inbox (received_at, job_id, status, sitemap_id, sitemap_name, custom_id)
	SELECT * FROM unnest($1::timestamptz[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::text[])
)
INSERT INTO scrapehook.imports AS i (job_id, wanted, next_try, wanted_since)
SELECT job_id, count(*), now(), now() FROM unnest($7::bigint[]) AS w (job_id) GROUP BY job_id ORDER BY job_id
ON CONFLICT (job_id) DO UPDATE SET
	wanted = i.wanted + excluded.wanted,
	next_try = CASE WHEN i.wanted > i.done THEN i.next_try ELSE excluded.next_try END,
	wanted_since = CASE WHEN i.wanted > i.done THEN i.wanted_since ELSE excluded.wanted_since END`

// Accept implements [receiver.Store].
func (b *Inbox) Accept(ctx context.Context, arrivals []receiver.Arrival) error {
	ctx, cancel := context.WithTimeout(ctx, acceptTimeout)
	defer cancel()
	n := len(arrivals)
	received, jobs, sitemaps := make([]time.Time, n), make([]int64, n), make([]int64, n)
	statuses, names, customs := make([]string, n), make([]string, n), make([]string, n)
	wanted := make([]int64, 0, n)
	for i, a := range arrivals {
		received[i], jobs[i], sitemaps[i] = a.ReceivedAt, a.JobID, a.SitemapID
		statuses[i], names[i], customs[i] = text(string(a.Status)), text(a.SitemapName), text(a.CustomID)
		if a.Wanted {
			wanted = append(wanted, a.JobID)
		}
	}
	_, err := b.arrivals.Exec(ctx, sqlAccept, received, jobs, statuses, sitemaps, names, customs, wanted)
	return err
}

// Lease implements [receiver.Store].
func (b *Inbox) Lease(ctx context.Context, owner string, ttl time.Duration) (receiver.Lease, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, leaseTimeout)
	defer cancel()
	l := receiver.Lease{Owner: owner}
	err := b.leases.QueryRow(ctx, `UPDATE scrapehook.imports SET lease_owner = $1, next_try = now() + $2
		WHERE job_id = (SELECT job_id FROM scrapehook.imports WHERE wanted > done AND next_try <= now()
			ORDER BY next_try LIMIT 1 FOR UPDATE SKIP LOCKED)
		RETURNING job_id, wanted, attempts`, owner, ttl).Scan(&l.JobID, &l.Generation, &l.Attempts)
	if errors.Is(err, pgx.ErrNoRows) {
		return receiver.Lease{}, false, nil
	}
	if err != nil {
		return receiver.Lease{}, false, fmt.Errorf("leasing an import: %w", err)
	}
	return l, true, nil
}

// NextDue implements [receiver.Store].
func (b *Inbox) NextDue(ctx context.Context) (time.Duration, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, leaseTimeout)
	defer cancel()
	var wait float64
	err := b.leases.QueryRow(ctx, `SELECT extract(epoch FROM next_try - now())::float8
		FROM scrapehook.imports WHERE wanted > done ORDER BY next_try LIMIT 1`).Scan(&wait)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("looking for the next import: %w", err)
	}
	return max(0, time.Duration(wait*float64(time.Second))), true, nil
}

// Renew implements [receiver.Store].
func (b *Inbox) Renew(ctx context.Context, l receiver.Lease, ttl time.Duration) (receiver.Lease, error) {
	ctx, cancel := context.WithTimeout(ctx, leaseTimeout)
	defer cancel()
	err := b.leases.QueryRow(ctx, `UPDATE scrapehook.imports SET next_try = now() + $3
		WHERE job_id = $1 AND lease_owner = $2 RETURNING wanted`, l.JobID, l.Owner, ttl).Scan(&l.Generation)
	if errors.Is(err, pgx.ErrNoRows) {
		return l, receiver.ErrLeaseLost
	}
	if err != nil {
		return l, fmt.Errorf("renewing the lease of job %d: %w", l.JobID, err)
	}
	return l, nil
}

// Done implements [receiver.Store].
func (b *Inbox) Done(ctx context.Context, l receiver.Lease, o receiver.Outcome) error {
	return b.end(ctx, l, `UPDATE scrapehook.imports SET lease_owner = '', next_try = now(), wanted_since = now(), done = $3,
		attempts = 0, outcome = $4, last_error = '' WHERE job_id = $1 AND lease_owner = $2`, l.Generation, string(o))
}

// Retry implements [receiver.Store].
func (b *Inbox) Retry(ctx context.Context, l receiver.Lease, delay time.Duration, cause string) error {
	return b.end(ctx, l, `UPDATE scrapehook.imports SET lease_owner = '', next_try = now() + $3, attempts = attempts + 1,
		last_error = $4 WHERE job_id = $1 AND lease_owner = $2`, delay, text(cause))
}

// Release implements [receiver.Store].
func (b *Inbox) Release(ctx context.Context, l receiver.Lease) error {
	err := b.end(ctx, l, `UPDATE scrapehook.imports SET lease_owner = '', next_try = now() WHERE job_id = $1 AND lease_owner = $2`)
	if errors.Is(err, receiver.ErrLeaseLost) {
		return nil
	}
	return err
}

// end runs an update that ends a lease: its first two parameters are the job
// and the owner.
func (b *Inbox) end(ctx context.Context, l receiver.Lease, update string, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, leaseTimeout)
	defer cancel()
	result, err := b.leases.Exec(ctx, update, append([]any{l.JobID, l.Owner}, args...)...)
	if err != nil {
		return fmt.Errorf("ending the lease of job %d: %w", l.JobID, err)
	}
	if result.RowsAffected() == 0 {
		return receiver.ErrLeaseLost
	}
	return nil
}

// channel is the channel of notices.
const channel = "scrapehook_imports"

// Announce implements [receiver.Shared]. It is not part of Accept, because the
// server lets only one transaction that notifies commit at a time.
func (b *Inbox) Announce(ctx context.Context) error { return b.announce(ctx) }

// listenCheck is how often a connection that listens is checked. A server that is
// gone is as silent as one that has nothing to say.
const listenCheck = 10 * time.Second

// Listen implements [receiver.Shared], on a connection of its own.
func (b *Inbox) Listen(ctx context.Context, wake func()) error {
	cfg := b.arrivals.Config().ConnConfig
	cfg.OnNotification = func(*pgconn.PgConn, *pgconn.Notification) { wake() }
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("listening for imports: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // it only listened
	if _, err = conn.Exec(ctx, "LISTEN "+channel); err == nil {
		wake() // for what was announced before
		for err == nil {
			err = awaitNotice(ctx, conn)
		}
	}
	return fmt.Errorf("listening for imports: %w", err)
}

// awaitNotice waits for a notice, or makes sure that one could come.
func awaitNotice(ctx context.Context, conn *pgx.Conn) error {
	waiting, cancel := context.WithTimeout(ctx, listenCheck)
	defer cancel()
	err := conn.PgConn().WaitForNotification(waiting)
	if err == nil || ctx.Err() != nil || waiting.Err() == nil {
		return err
	}
	trying, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	return conn.Ping(trying)
}
