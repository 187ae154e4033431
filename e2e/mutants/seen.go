package mutants

import (
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// seen is a set that lasts as long as the process. It is safe for concurrent
// use.
type seen[K comparable] struct {
	mu   sync.Mutex
	keys map[K]bool
}

// add reports whether the key is new.
func (s *seen[K]) add(key K) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys == nil {
		s.keys = map[K]bool{}
	}
	isNew := !s.keys[key]
	s.keys[key] = true
	return isNew
}

func (s *seen[K]) has(key K) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys[key]
}

func (s *seen[K]) remove(key K) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.keys, key)
}

// expiring says of keys until when they last. It is safe for concurrent use.
type expiring[K comparable] struct {
	mu    sync.Mutex
	until map[K]time.Time
}

func (e *expiring[K]) expire(key K, after time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.until == nil {
		e.until = map[K]time.Time{}
	}
	e.until[key] = time.Now().Add(after)
}

// expired reports whether the key's time is over, once each time.
func (e *expiring[K]) expired(key K) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	until, ok := e.until[key]
	over := ok && time.Now().After(until)
	if over {
		delete(e.until, key)
	}
	return over
}

// form is all by which a mutant tells one notification from another.
type form struct {
	job    int64
	status webhook.Status
}

func formOf(n webhook.Notification) form { return form{n.JobID, n.Status} }

// effects counts how often a mutant has taken the same form for news. Each
// time adds the job's rows once more, as long as the job is the same: a
// continued job's are new.
type effects struct {
	mu     sync.Mutex
	counts map[form]int
	had    map[form]jobInfo // what the cloud said of the job last
}

func (e *effects) add(n webhook.Notification) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.counts == nil {
		e.counts, e.had = map[form]int{}, map[form]jobInfo{}
	}
	e.counts[formOf(n)]++
}

// copies is how often the job as it is now had effect.
func (e *effects) copies(id int64, job jobInfo) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	key := form{id, job.Status}
	if e.counts[key] == 0 {
		return 1
	}
	if had, ok := e.had[key]; ok && had != job {
		e.counts[key] = 1
	}
	e.had[key] = job
	return e.counts[key]
}
