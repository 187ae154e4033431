package mutants

import (
	"sync"

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

// form is all by which a mutant tells one notification from another.
type form struct {
	job    int64
	status webhook.Status
}

func formOf(n webhook.Notification) form { return form{n.JobID, n.Status} }

// effects counts how often a mutant has taken the same form for news. Each
// time adds the job's rows once more.
type effects struct {
	mu    sync.Mutex
	forms map[form]int
}

func (e *effects) add(n webhook.Notification) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.forms == nil {
		e.forms = map[form]int{}
	}
	e.forms[formOf(n)]++
}

// copies is the most that any form of the job had effect.
func (e *effects) copies(job int64) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	most := 1
	for _, s := range webhook.Statuses() {
		most = max(most, e.forms[form{job, s}])
	}
	return most
}
