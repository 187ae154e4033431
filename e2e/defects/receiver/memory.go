package main

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"time"
)

// remember notes in memory that a job's rows are there.
func (s *store) remember(id int64, state string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := fmt.Sprint(id, " ", state)
	s.known[key] = time.Now()
	s.recent = append(s.recent, key)
	if s.is("remembers-100") && len(s.recent) > 100 {
		delete(s.known, s.recent[0])
		s.recent = slices.Delete(s.recent, 0, 1)
	}
}

// remembers says whether a job's rows are there, as far as memory goes.
func (s *store) remembers(id int64, state string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	when, known := s.known[fmt.Sprint(id, " ", state)]
	return known && (time.Since(when) < 20*time.Second || !s.is("remembers-20s"))
}

// hasPart says whether a job has rows of that state's status.
func (s *store) hasPart(id int64, state string) bool {
	part, _, _ := strings.Cut(state, " ")
	var count int
	err := s.db.QueryRow("SELECT count(*) FROM imported JOIN jobs USING (job) WHERE job = ? AND part = ? AND state = ?", id, part, state).Scan(&count)
	return err == nil && count > 0
}

// first returns the id of the first notification ever.
func (s *store) first() (id int64) {
	s.db.QueryRow("SELECT job FROM inbox WHERE status = 'finished' ORDER BY id LIMIT 1").Scan(&id)
	return id
}

// due returns a job of memory-queue.
func (s *store) due(id int64) due {
	d := due{job: id}
	s.db.QueryRow("SELECT wanted, state, status FROM jobs WHERE job = ?", id).Scan(&d.wanted, &d.state, &d.status)
	return d
}

// lease notes that a job is being imported, or no more.
func (s *store) lease(id int64, begins bool) {
	s.mu.Lock()
	if begins {
		s.busy[id] = true
	} else {
		delete(s.busy, id)
	}
	s.mu.Unlock()
	if s.is("lease-outlives-process") {
		until := int64(0)
		if begins {
			until = time.Now().Add(24 * time.Hour).UnixMilli()
		}
		s.db.Exec("UPDATE jobs SET taken = ? WHERE job = ?", until, id)
	}
}

// batch makes jobs due whose notifications came after a moment, and returns the
// present one. What comes later in the same second is in no batch.
func (s *store) batch(last int64) int64 {
	now := time.Now().Unix()
	if now < last+2 {
		return last
	}
	s.db.Exec(`INSERT INTO jobs (job, wanted, sitemap, status) SELECT job, 1, sitemap, status FROM inbox WHERE at > ? AND at <= ? AND status IN ('finished', 'stopped', 'shelved', 'failed')
		ON CONFLICT (job) DO UPDATE SET wanted = wanted + 1`, last, now)
	return now
}

// limit accepts so many connections at once.
func limit(l net.Listener, most int) net.Listener {
	return &limited{l, make(chan struct{}, most)}
}

type limited struct {
	net.Listener
	slots chan struct{}
}

func (l *limited) Accept() (net.Conn, error) {
	l.slots <- struct{}{}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.slots
		return nil, err
	}
	return &counted{Conn: c, slots: l.slots}, nil
}

type counted struct {
	net.Conn
	slots  chan struct{}
	closed bool
}

func (c *counted) Close() error {
	if !c.closed {
		c.closed = true
		<-c.slots
	}
	return c.Conn.Close()
}
