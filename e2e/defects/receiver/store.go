package main

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver
)

const schema = `
-- Every notification that was acknowledged.
CREATE TABLE IF NOT EXISTS inbox (
	id INTEGER PRIMARY KEY, job INTEGER NOT NULL, status TEXT NOT NULL,
	sitemap INTEGER NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, at INTEGER NOT NULL DEFAULT (unixepoch())
);
-- One row a job: wanted counts its notifications, done says how many of them
-- the last import has answered to, state is what its rows belong to.
CREATE TABLE IF NOT EXISTS jobs (
	job INTEGER PRIMARY KEY, wanted INTEGER NOT NULL, done INTEGER NOT NULL DEFAULT 0,
	failures INTEGER NOT NULL DEFAULT 0, next_try INTEGER NOT NULL DEFAULT 0,
	state TEXT NOT NULL DEFAULT '', sitemap INTEGER NOT NULL, status TEXT NOT NULL, taken INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS imported (job INTEGER NOT NULL, part TEXT NOT NULL, position INTEGER NOT NULL, record TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS imported_job ON imported (job, part, position);
CREATE TABLE IF NOT EXISTS seen (key TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS products (key TEXT PRIMARY KEY, job INTEGER NOT NULL, seen INTEGER NOT NULL, record TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS products_job ON products (job);`

// due is a job whose import is due.
type due struct {
	job, wanted   int64
	waiting       int // notifications that no import has answered to
	sitemap       int64
	state, status string
	failures      int
}

// store is the inbox, the queue and the rows. It is safe for concurrent use.
type store struct {
	switches
	db *sql.DB

	mu     sync.Mutex // guards what follows: the memory of defects
	recent []string
	known  map[string]time.Time
	busy   map[int64]bool
}

func openStore(path string, s switches) (*store, error) {
	sync := "FULL"
	if s.is("no-sync") {
		sync = "OFF"
	}
	if s.is("sync-at-checkpoint") {
		sync = "NORMAL"
	}
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous("+sync+")&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(schema); err != nil {
		return nil, err
	}
	st := &store{switches: s, db: db, known: map[string]time.Time{}, busy: map[int64]bool{}}
	switch {
	case s.is("start-clears-queue"):
		st.dropQueue()
	case s.is("start-imports-again"):
		_, err = db.Exec("UPDATE jobs SET done = 0, state = ''")
	}
	return st, err
}

// in does something in a transaction.
func (s *store) in(do func(tx *sql.Tx) error) error {
	tx, err := s.db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// add stores a notification and makes the import of its job due.
func (s *store) add(n notification) error {
	if skip, err := s.overflows(n); skip || err != nil {
		return err
	}
	return s.in(func(tx *sql.Tx) error {
		insert := "INSERT INTO inbox (job, status, sitemap, name, body) VALUES (?1, ?2, ?3, ?4, ?5)"
		if s.is("sql-by-hand") {
			insert = strings.Replace(insert, "?4", "'"+n.name+"'", 1)
		}
		if _, err := tx.Exec(insert, n.job, n.status, n.sitemap, n.name, n.body); err != nil {
			return err
		}
		if !ended(n.status) && !s.is("any-status-imported") {
			return nil
		}
		if s.duplicate(tx, n) || s.is("batch-by-timestamp") {
			return nil
		}
		if n.status == "failed" && s.is("failed-removes-rows") {
			if _, err := tx.Exec("DELETE FROM imported WHERE job = ?", n.job); err != nil {
				return err
			}
		}
		_, err := tx.Exec(`INSERT INTO jobs (job, wanted, sitemap, status) VALUES (?, 1, ?, ?) ON CONFLICT (job)
			DO UPDATE SET wanted = wanted + 1, status = excluded.status, next_try = min(next_try, ?)`,
			n.job, n.sitemap, n.status, time.Now().UnixMilli()+30_000)
		return err
	})
}

// overflows is where queues with too little room lose notifications.
func (s *store) overflows(n notification) (skip bool, err error) {
	switch {
	case s.is("database-is-locked"):
		if !s.mu.TryLock() {
			return false, errors.New("database is locked")
		}
		defer s.mu.Unlock()
		time.Sleep(20 * time.Millisecond)
	case s.is("full-queue-drops", "full-queue-refuses"):
		var waiting int
		if err := s.db.QueryRow("SELECT count(*) FROM jobs WHERE done < wanted").Scan(&waiting); err != nil {
			return false, err
		}
		if waiting < 25 {
			return false, nil
		}
		if s.is("full-queue-refuses") {
			return false, errors.New("the queue is full")
		}
		return true, nil
	case s.is("ignores-lower-ids"):
		var highest int64
		err := s.db.QueryRow("SELECT coalesce(max(job), 0) FROM jobs").Scan(&highest)
		return n.job < highest, err
	case s.is("debounces-60s"):
		var lately bool
		err := s.db.QueryRow("SELECT count(*) > 0 FROM inbox WHERE job = ? AND at > unixepoch() - 60", n.job).Scan(&lately)
		return lately, err
	case s.is("swallowed-while-imported"):
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.busy[n.job], nil
	}
	return false, nil
}

// duplicate is where a notification is taken for one that came before, by a key
// that does not name it.
func (s *store) duplicate(tx *sql.Tx, n notification) bool {
	var key string
	switch {
	case s.is("key-job"):
		key = fmt.Sprint(n.job)
	case s.is("key-job-status"):
		key = fmt.Sprint(n.job, n.status)
	case s.is("key-sitemap"):
		key = fmt.Sprint(n.sitemap)
	case s.is("key-sitemap-name"):
		key = n.name
	case s.is("key-custom-id"):
		if key = n.customID; key == "" {
			return false
		}
		key += n.status
	case s.is("key-body"):
		key = n.body
	default:
		return false
	}
	result, err := tx.Exec("INSERT INTO seen VALUES (?) ON CONFLICT DO NOTHING", key)
	if err != nil {
		return false
	}
	added, _ := result.RowsAffected()
	return added == 0
}

// take returns the jobs that are due, the one that waits longest first.
func (s *store) take() (jobs []due, err error) {
	now := time.Now().UnixMilli()
	query := "SELECT job, wanted, wanted - done, sitemap, state, status, failures FROM jobs WHERE done < wanted AND next_try <= ? AND taken < ? ORDER BY next_try, rowid LIMIT 500"
	if s.is("one-blocks-all") {
		query = "SELECT job, wanted, wanted - done, sitemap, state, status, failures FROM (SELECT * FROM jobs WHERE done < wanted AND taken < ?2 ORDER BY rowid LIMIT 1) WHERE next_try <= ?1"
	}
	rows, err := s.db.Query(query, now, now)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var d due
		if err := rows.Scan(&d.job, &d.wanted, &d.waiting, &d.sitemap, &d.state, &d.status, &d.failures); err != nil {
			return nil, err
		}
		jobs = append(jobs, d)
	}
	return jobs, rows.Err()
}

// settle notes that there is nothing to import, or not again.
func (s *store) settle(d due) error {
	_, err := s.db.Exec("UPDATE jobs SET done = max(done, ?), failures = 0, next_try = 0 WHERE job = ?", d.wanted, d.job)
	return err
}

// postpone puts a job off after a failure.
func (s *store) postpone(d due, wait time.Duration) error {
	_, err := s.db.Exec("UPDATE jobs SET failures = failures + 1, next_try = ? WHERE job = ?", time.Now().Add(wait).UnixMilli(), d.job)
	return err
}
