package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/scrapehook/scrapehook/internal/cloud"
)

// The keys of the next ids in meta.
const (
	nextSitemap = "next sitemap"
	nextJob     = "next job"
)

// Keep keeps a transaction of the cloud, all of it or nothing.
func (f *File) Keep(ctx context.Context, tx cloud.Transaction) error {
	var statements []statement
	add := func(sql string, args ...any) { statements = append(statements, statement{sql, args}) }
	if tx.Reset {
		add(`DELETE FROM objects`)
		add(`DELETE FROM outbox`)
		add(`DELETE FROM attempts`)
		// The last number stays known, because numbers are not given twice.
		add(`DELETE FROM deliveries WHERE number < (SELECT max(number) FROM deliveries)`)
		add(`UPDATE deliveries SET pending = 0`)
	}
	for _, c := range tx.Changes {
		if c.State == nil && !c.Retired {
			add(`DELETE FROM objects WHERE kind = ? AND id = ?`, c.Kind, c.ID)
			continue
		}
		var state any
		if c.State != nil {
			state = string(c.State)
		}
		add(`INSERT INTO objects (kind, id, state) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET state = excluded.state`, c.Kind, c.ID, state)
	}
	for _, w := range tx.Waiting {
		n, err := json.Marshal(w.Notification)
		if err != nil {
			return fmt.Errorf("encoding a notification: %w", err)
		}
		add(`INSERT INTO outbox VALUES (?, ?, ?, ?)`, int64(w.Sequence), w.Endpoint, string(n), nanos(w.Due)) //nolint:gosec // counted from 1
	}
	for key, next := range map[string]int64{nextSitemap: tx.NextSitemap, nextJob: tx.NextJob} {
		if next > 0 {
			add(setMeta, key, fmt.Sprint(next))
		}
	}
	return f.do(ctx, statements...)
}

// Load hands over what is kept of the cloud, as transactions that make it.
func (f *File) Load(ctx context.Context, take func(cloud.Transaction) error) error {
	var first cloud.Transaction
	if _, err := f.meta(ctx, nextSitemap, &first.NextSitemap); err != nil {
		return err
	}
	if _, err := f.meta(ctx, nextJob, &first.NextJob); err != nil {
		return err
	}
	if err := take(first); err != nil {
		return err
	}
	err := f.each(ctx, `SELECT kind, id, state FROM objects ORDER BY made`, func(rows *sql.Rows) error {
		var c cloud.Change
		var state sql.NullString
		if err := rows.Scan(&c.Kind, &c.ID, &state); err != nil {
			return err
		}
		if c.Retired = !state.Valid; state.Valid {
			c.State = []byte(state.String)
		}
		return take(cloud.Transaction{Changes: []cloud.Change{c}})
	})
	if err != nil {
		return explain(f.path, fmt.Errorf("reading the cloud's objects: %w", err))
	}
	err = f.each(ctx, `SELECT sequence, url, notification, due FROM outbox ORDER BY sequence`, func(rows *sql.Rows) error {
		var w cloud.Waiting
		var n string
		var due int64
		if err := rows.Scan(&w.Sequence, &w.Endpoint, &n, &due); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(n), &w.Notification); err != nil {
			return err
		}
		w.Due = time.Unix(0, due)
		return take(cloud.Transaction{Waiting: []cloud.Waiting{w}})
	})
	if err != nil {
		return explain(f.path, fmt.Errorf("reading the outbox: %w", err))
	}
	return nil
}

// each calls take for each row of a query.
func (f *File) each(ctx context.Context, query string, take func(*sql.Rows) error) error {
	rows, err := f.db.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // rows.Err has the error
	for rows.Next() {
		if err := take(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
