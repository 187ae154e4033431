package main

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// replace stores a job's rows with the state they belong to, all or nothing.
func (s *store) replace(d due, state string, records []json.RawMessage) error {
	if s.is("rows-in-batches") {
		return s.inBatches(d, state, records)
	}
	if s.is("done-before-rows") {
		if err := s.finish(s.db, d, state); err != nil {
			return err
		}
		time.Sleep(400 * time.Millisecond)
	}
	return s.in(func(tx *sql.Tx) error {
		if err := s.write(tx, d, state, records); err != nil {
			return err
		}
		return s.finish(tx, d, state)
	})
}

// execer is a database or a transaction.
type execer interface {
	Exec(query string, args ...any) (sql.Result, error)
}

func (s *store) finish(db execer, d due, state string) error {
	_, err := db.Exec("UPDATE jobs SET done = max(done, ?), failures = 0, next_try = 0, state = ? WHERE job = ?", d.wanted, state, d.job)
	return err
}

func (s *store) write(tx execer, d due, state string, records []json.RawMessage) error {
	part := ""
	if s.is("key-rows-by-status") {
		part, _, _ = strings.Cut(state, " ")
	}
	switch {
	case s.appends(d, state):
	case s.as("upsert", "upsert-by-sku", "upsert-by-url", "upsert-by-order"):
		return s.upsert(tx, d, records)
	case s.is("empties-table"):
		if _, err := tx.Exec("DELETE FROM imported"); err != nil {
			return err
		}
	case s.is("replaces-by-sitemap"):
		if _, err := tx.Exec("DELETE FROM imported WHERE job IN (SELECT job FROM jobs WHERE sitemap = ?)", d.sitemap); err != nil {
			return err
		}
	default:
		if _, err := tx.Exec("DELETE FROM imported WHERE job = ? AND part = ?", d.job, part); err != nil {
			return err
		}
	}
	for i, record := range records {
		if s.is("column-of-255") {
			record = cutValues(record, 255)
		}
		if _, err := tx.Exec("INSERT INTO imported VALUES (?, ?, ?, ?)", d.job, part, i, string(record)); err != nil {
			return err
		}
	}
	return nil
}

// upsert writes rows by their own key, and removes those that are there no more.
func (s *store) upsert(tx execer, d due, records []json.RawMessage) error {
	for i, record := range records {
		if _, err := tx.Exec("INSERT INTO products VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET record = excluded.record, seen = excluded.seen",
			s.key(d, i, record), d.job, d.wanted, string(record)); err != nil {
			return err
		}
	}
	_, err := tx.Exec("DELETE FROM products WHERE job = ? AND seen <> ?", d.job, d.wanted)
	return err
}

// key is a row's own key. A row without the value has its address for one.
func (s *store) key(d due, i int, r record) string {
	product := struct {
		SKU, URL string
		Link     string `json:"link-href"`
		Order    string `json:"web-scraper-order"`
	}{}
	if json.Unmarshal(r, &product) == nil {
		switch {
		case s.as("upsert-by-sku"):
			return fmt.Sprint(d.job, "/", cmp.Or(product.SKU, product.URL))
		case s.as("upsert-by-url"):
			return product.Link
		case s.as("upsert-by-order"):
			return product.Order
		}
	}
	return fmt.Sprint(d.job, "/", i)
}

// appends says whether rows are added to those that are there.
func (s *store) appends(d due, state string) bool {
	if s.is("appends-when-continued") {
		return true
	}
	return (d.state == "" || d.state == state) && s.is("append-always", "check-then-insert", "remembers-100", "remembers-20s",
		"remembers-until-restart", "lease-of-5s", "start-imports-again", "failed-delete-imports-again", "in-handler", "commonest", "partial-then-again")
}

// inBatches commits every 100 rows, and does not begin a job that has rows.
func (s *store) inBatches(d due, state string, records []json.RawMessage) error {
	if _, err := s.db.Exec("DELETE FROM imported WHERE job = ?", d.job); err != nil {
		return err
	}
	if err := s.finish(s.db, d, state); err != nil {
		return err
	}
	for i := 0; i < len(records); i += 100 {
		if err := s.in(func(tx *sql.Tx) error {
			for n, record := range records[i:min(i+100, len(records))] {
				if _, err := tx.Exec("INSERT INTO imported VALUES (?, '', ?, ?)", d.job, i+n, string(record)); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
	return nil
}

// dropQueue forgets what is waiting.
func (s *store) dropQueue() { s.db.Exec("UPDATE jobs SET done = wanted") }
