package delivery

import (
	"fmt"
	"slices"
	"time"

	"github.com/scrapehook/scrapehook/internal/duequeue"
)

// room is what the sender has of one endpoint: its own share of attempts, and
// its own bound of what is pending. A room without anything is taken down.
type room struct {
	url      string
	waiting  duequeue.Queue[Pending] // for their resends, or because they were sent by hand
	underWay int
}

func (r *room) pending() int { return r.waiting.Len() + r.underWay }

// roomLocked returns an endpoint's room, a new one if need be.
func (s *Sender) roomLocked(url string) *room {
	r := s.rooms[url]
	if r == nil {
		r = &room{url: url}
		s.rooms[url] = r
	}
	return r
}

// take moves what is due to what is under way, as far as each room's
// concurrency allows. next is when to look again without being woken; zero is
// never.
func (s *Sender) take() (ready []Pending, next time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Clock.Now()
	for url := range s.cfg.Source.WaitingFor() {
		s.roomLocked(url)
	}
	for url, r := range s.rooms {
		begun, err := s.fillLocked(r, now)
		ready = append(ready, begun...)
		if err != nil {
			return ready, time.Time{}, err
		}
		if r.pending() == 0 {
			delete(s.rooms, url)
		}
		// A full room is looked at again when an attempt ends, which wakes.
		first, ok := r.waiting.Peek()
		if ok && r.underWay < s.cfg.Concurrency && (next.IsZero() || first.Due.Before(next)) {
			next = first.Due
		}
	}
	return ready, next, nil
}

// fillLocked begins what is due in one room, in the order of being due, whether
// it is a resend or waits in the source.
func (s *Sender) fillLocked(r *room, now time.Time) (ready []Pending, err error) {
	for r.underWay < s.cfg.Concurrency {
		first, resend := r.waiting.Peek()
		resend = resend && !first.Due.After(now)
		limit := min(s.cfg.Concurrency-r.underWay, s.cfg.MaxPending-r.pending())
		if due, ok := s.cfg.Source.OldestDue(r.url); ok && limit > 0 && (!resend || due.Before(first.Due)) {
			if resend {
				limit = 1 // what comes next is to be compared again
			}
			begun, err := s.takeFromSourceLocked(r, limit)
			ready = append(ready, begun...)
			if err != nil || len(begun) == 0 {
				return ready, err
			}
			continue
		}
		if !resend {
			break
		}
		ready = append(ready, s.beginLocked(r, r.waiting.Pop()))
	}
	return ready, nil
}

// takeFromSourceLocked makes deliveries of what waits in the source.
func (s *Sender) takeFromSourceLocked(r *room, limit int) (begun []Pending, err error) {
	err = s.cfg.Source.Take(r.url, limit, func(waiting []Waiting) error {
		taken, sequences := make([]Pending, 0, len(waiting)), make([]uint64, 0, len(waiting))
		for i, w := range waiting {
			number := s.last + uint64(i) + 1
			taken = append(taken, Pending{Delivery: number, URL: r.url, Notification: w.Notification, Attempt: 1, Due: w.Due})
			sequences = append(sequences, w.Sequence)
		}
		if err := s.cfg.Journal.Take(taken, sequences); err != nil {
			return fmt.Errorf("recording deliveries: %w", err)
		}
		s.last += uint64(len(taken))
		begun = taken
		return nil
	})
	for _, p := range begun {
		s.beginLocked(r, p)
	}
	return begun, err
}

// beginLocked counts a delivery as under way.
func (s *Sender) beginLocked(r *room, p Pending) Pending {
	r.underWay++
	s.underWay[p.Delivery] = p
	s.cfg.OnPending(p, true)
	return p
}

// ended takes what is pending after an attempt back.
func (s *Sender) ended(p Pending, next *Pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endedLocked(p, next)
}

func (s *Sender) endedLocked(p Pending, next *Pending) {
	r := s.roomLocked(p.URL)
	r.underWay--
	if next != nil && !s.dropped[p.Delivery] {
		r.waiting.Push(*next)
	}
	delete(s.underWay, p.Delivery)
	delete(s.dropped, p.Delivery)
	s.notify()
}

// Hasten makes the next attempt of a delivery due now, and reports whether one
// was waiting.
func (s *Sender) Hasten(delivery uint64) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hastenLocked(delivery)
}

func (s *Sender) hastenLocked(delivery uint64) (bool, error) {
	for _, r := range s.rooms {
		all := slices.Clone(r.waiting.All())
		i := slices.IndexFunc(all, func(p Pending) bool { return p.Delivery == delivery })
		if i < 0 {
			continue
		}
		all[i].Due = s.cfg.Clock.Now()
		if err := s.cfg.Journal.Queue(all[i]); err != nil {
			return false, fmt.Errorf("recording a delivery: %w", err)
		}
		r.waiting = duequeue.Queue[Pending]{}
		for _, p := range all {
			r.waiting.Push(p)
		}
		s.cfg.OnPending(all[i], false)
		s.notify()
		return true, nil
	}
	return false, nil
}
