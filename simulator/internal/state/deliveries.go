package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/webhook"
)

// Take keeps deliveries that are pending and removes what they are of from the
// outbox, in one transaction.
func (f *File) Take(ctx context.Context, taken []delivery.Pending, sequences []uint64) error {
	statements := make([]statement, 0, len(taken)+len(sequences))
	for _, p := range taken {
		queue, err := queueing(p)
		if err != nil {
			return err
		}
		statements = append(statements, queue)
	}
	for _, sequence := range sequences {
		//nolint:gosec // counted from 1
		statements = append(statements, statement{`DELETE FROM outbox WHERE sequence = ?`, []any{int64(sequence)}})
	}
	return f.do(ctx, statements...)
}

// Queue keeps a notification that is pending.
func (f *File) Queue(ctx context.Context, p delivery.Pending) error {
	queue, err := queueing(p)
	if err != nil {
		return err
	}
	return f.do(ctx, queue)
}

// notification is what is kept of one: also the form that a user has given it.
type notification struct {
	webhook.Notification
	Form   string `json:",omitempty"`
	Edited bool   `json:",omitempty"`
	Of     uint64 `json:",omitempty"`
}

func queueing(p delivery.Pending) (statement, error) {
	n, err := json.Marshal(notification{p.Notification, p.Form, p.Edited, p.Of})
	if err != nil {
		return statement{}, fmt.Errorf("encoding a notification: %w", err)
	}
	return statement{
		`INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, 1)
			ON CONFLICT DO UPDATE SET attempt = excluded.attempt, due = excluded.due, pending = 1`,
		[]any{int64(p.Delivery), p.URL, string(n), p.Attempt, nanos(p.Due)}, //nolint:gosec // counted from 1
	}, nil
}

// Begin keeps the intent of an attempt. It is open until End closes it, or
// Recover.
func (f *File) Begin(ctx context.Context, p delivery.Pending, at time.Time) error {
	return f.do(ctx, statement{
		`INSERT INTO attempts (delivery, number, began) VALUES (?, ?, ?)`,
		[]any{int64(p.Delivery), p.Attempt, nanos(at)}, //nolint:gosec // counted from 1
	})
}

// End keeps an attempt's outcome and the next resend in one transaction.
func (f *File) End(ctx context.Context, a delivery.Attempt, next *delivery.Pending) error {
	number := int64(a.Delivery) //nolint:gosec // counted from 1
	closing := statement{
		`UPDATE attempts SET ended = ?, reason = ?, status = ?, error = ? WHERE delivery = ? AND ended IS NULL`,
		[]any{nanos(a.Ended), string(a.Reason), a.Status, a.Err, number},
	}
	if next == nil {
		return f.do(ctx, closing, statement{`UPDATE deliveries SET pending = 0 WHERE number = ?`, []any{number}})
	}
	return f.do(ctx, closing, statement{
		`UPDATE deliveries SET attempt = ?, due = ? WHERE number = ?`,
		[]any{next.Attempt, nanos(next.Due), number},
	})
}

// Recover closes the attempts that the last process left open as unknown, and
// returns what is pending and the number of the last delivery. Such an attempt
// is made again, under its own number, because the endpoint may not have seen
// it: it may see one more, never one less. delay is how long after its closing,
// at the clock's now, it is due.
func (f *File) Recover(ctx context.Context, now time.Time, delay func(attempt int) time.Duration) (pending []delivery.Pending, last uint64, err error) {
	rows, err := f.db.QueryContext(ctx, `
		SELECT number, url, notification, attempt, due,
			EXISTS (SELECT 1 FROM attempts WHERE delivery = deliveries.number AND ended IS NULL)
		FROM deliveries WHERE pending ORDER BY number`)
	if err != nil {
		return nil, 0, explain(f.path, fmt.Errorf("reading pending deliveries: %w", err))
	}
	defer func() { _ = rows.Close() }() // rows.Err has the error
	var closing []statement
	for rows.Next() {
		var p delivery.Pending
		var n string
		var due int64
		var open bool
		if err := rows.Scan(&p.Delivery, &p.URL, &n, &p.Attempt, &due, &open); err != nil {
			return nil, 0, explain(f.path, fmt.Errorf("reading pending deliveries: %w", err))
		}
		var sent notification
		if err := json.Unmarshal([]byte(n), &sent); err != nil {
			return nil, 0, explain(f.path, fmt.Errorf("reading the notification of delivery %d: %w", p.Delivery, err))
		}
		p.Notification, p.Form, p.Edited, p.Of = sent.Notification, sent.Form, sent.Edited, sent.Of
		if p.Due = time.Unix(0, due); open {
			p.Due = now.Add(delay(p.Attempt))
			//nolint:gosec // counted from 1
			closing = append(closing, statement{`UPDATE deliveries SET due = ? WHERE number = ?`, []any{nanos(p.Due), int64(p.Delivery)}})
		}
		pending = append(pending, p)
	}
	if err := rows.Err(); err != nil {
		return nil, 0, explain(f.path, fmt.Errorf("reading pending deliveries: %w", err))
	}
	closing = append(closing, statement{
		`UPDATE attempts SET ended = ?, reason = ?, error = ? WHERE ended IS NULL`,
		[]any{nanos(time.Now()), string(delivery.Unknown), "the process ended while it was under way"},
	})
	if err := f.do(ctx, closing...); err != nil {
		return nil, 0, explain(f.path, fmt.Errorf("closing open attempts: %w", err))
	}
	var number sql.NullInt64
	if err := f.db.QueryRowContext(ctx, `SELECT max(number) FROM deliveries`).Scan(&number); err != nil {
		return nil, 0, explain(f.path, fmt.Errorf("reading the last delivery: %w", err))
	}
	return pending, uint64(number.Int64), nil //nolint:gosec // counted from 1
}

// Attempts returns the last attempts that have ended, up to a limit, in the
// order of their beginning, with what the file knows of them.
func (f *File) Attempts(ctx context.Context, limit int) ([]delivery.Attempt, error) {
	rows, err := f.db.QueryContext(ctx, `
		SELECT a.delivery, a.number, a.began, a.ended, a.reason, a.status, a.error, d.url, d.notification
		FROM attempts a JOIN deliveries d ON d.number = a.delivery
		WHERE a.ended IS NOT NULL ORDER BY a.made DESC LIMIT ?`, limit)
	if err != nil {
		return nil, explain(f.path, fmt.Errorf("reading attempts: %w", err))
	}
	defer func() { _ = rows.Close() }() // rows.Err has the error
	var all []delivery.Attempt
	for rows.Next() {
		var a delivery.Attempt
		var began, ended int64
		var n string
		if err := rows.Scan(&a.Delivery, &a.Number, &began, &ended, &a.Reason, &a.Status, &a.Err, &a.URL, &n); err != nil {
			return nil, explain(f.path, fmt.Errorf("reading attempts: %w", err))
		}
		a.Started, a.Ended = time.Unix(0, began), time.Unix(0, ended)
		var sent webhook.Notification
		if err := json.Unmarshal([]byte(n), &sent); err != nil {
			return nil, explain(f.path, fmt.Errorf("reading the notification of delivery %d: %w", a.Delivery, err))
		}
		a.Notification = sent
		all = append(all, a)
	}
	slices.Reverse(all)
	return all, rows.Err()
}
