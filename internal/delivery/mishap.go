package delivery

import (
	"context"
	"fmt"
	"net"
	"time"
)

// Mishap is what goes wrong with one attempt on purpose. The zero value is
// nothing.
type Mishap struct {
	Name string // for the attempt's record
	// Postpone, if above 0, has no attempt be made now, but that much later by the
	// sender's clock; with Behind already when another attempt to the same endpoint
	// has ended.
	Postpone time.Duration
	Behind   bool
	// Copies of the notification are sent too, as deliveries of their own, that
	// much later. One that there is no room for is not sent.
	Copies    int
	CopyDelay time.Duration
	// Change, if not nil, changes the request, and Tap the connection, see
	// [WithTap].
	Change func(Request) Request
	Tap    func(net.Conn) net.Conn
}

// apply returns what an attempt is made with.
func (m Mishap) apply(ctx context.Context, r Request) (context.Context, Request) {
	if m.Change != nil {
		r = m.Change(r)
	}
	if m.Tap != nil {
		ctx = WithTap(ctx, m.Tap)
	}
	return ctx, r
}

// postpone has a delivery that is under way wait instead.
func (s *Sender) postpone(p Pending, m Mishap) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := p
	next.Due, next.Postponed = s.cfg.Clock.Now().Add(m.Postpone), true
	if s.dropped[p.Delivery] {
		s.endedLocked(p, nil)
		return nil
	}
	if err := s.cfg.Journal.Queue(next); err != nil {
		s.endedLocked(p, &p)
		return fmt.Errorf("recording a delivery: %w", err)
	}
	if m.Behind {
		s.behind[p.URL] = append(s.behind[p.URL], p.Delivery)
	}
	s.endedLocked(p, &next)
	s.cfg.OnPending(next, false)
	return nil
}

// copy sends the copies of a delivery that is about to be attempted.
func (s *Sender) copy(p Pending, m Mishap) {
	for range m.Copies {
		_, err := s.Queue(Pending{URL: p.URL, Notification: p.Notification, Form: p.Form, Edited: p.Edited, Of: p.Delivery}, m.CopyDelay)
		if err != nil {
			return // no room, or a stop
		}
	}
}

// release hastens what was postponed until p was sent.
func (s *Sender) release(p Pending) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.behind[p.URL]
	delete(s.behind, p.URL)
	for _, number := range held {
		if number == p.Delivery {
			continue // it has waited in vain
		}
		if _, err := s.hastenLocked(number); err != nil {
			return err
		}
	}
	return nil
}
