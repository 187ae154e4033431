package wire

import (
	"fmt"
	"time"
)

// patience is how long the poller may wait until there is something to look
// after; negative is for ever.
func (l *loop) patience() time.Duration {
	if len(l.free) > 0 {
		return 0
	}
	until := l.due
	if len(l.waiting) > 0 {
		if next := l.pacing.next(l.now); until.IsZero() || (!next.IsZero() && next.Before(until)) {
			until = next
		}
	}
	for _, ln := range l.idle {
		if ends := ln.since.Add(l.patienceWith(ln)); until.IsZero() || ends.Before(until) {
			until = ends
		}
	}
	if until.IsZero() {
		return -1
	}
	return max(0, time.Until(until))
}

// watch ends what has lasted too long, and everything when the context has ended.
func (l *loop) watch() {
	if err := l.ctx.Err(); err != nil {
		l.endAll(func(*slot) error { return err })
		return
	}
	for _, ln := range l.idle {
		if l.now.Sub(ln.since) > l.patienceWith(ln) {
			l.idle = without(l.idle, ln)
			l.close(ln)
			break // one a turn: the list has changed
		}
	}
	if l.due.IsZero() || l.now.Before(l.due) {
		return
	}
	if len(l.waiting) > 0 && !l.now.Before(l.waiting[0].x.deadline) && l.pacing.limitedAlone(l.open, l.now) != nil {
		l.fail(fmt.Errorf("this machine allows no more connections: %w", l.pacing.refused)) // it is not the endpoint's fault
		return
	}
	l.due = time.Time{}
	l.endAll(func(s *slot) error {
		switch deadline := s.x.deadline; {
		case !l.now.Before(deadline):
			return errExpired
		case l.due.IsZero() || deadline.Before(l.due):
			l.due = deadline
		}
		return nil
	})
	l.expireDials(l.now.Add(-l.profile.Timeout))
}

// endAll ends each send that is under way and for which why has an error.
func (l *loop) endAll(why func(*slot) error) {
	waiting := l.waiting
	l.waiting = nil
	for _, s := range waiting {
		if err := why(s); err != nil {
			l.end(s, err, false)
		} else {
			l.waiting = append(l.waiting, s)
		}
	}
	for _, ln := range l.links {
		if ln == nil || ln.slot == nil {
			continue
		}
		if err := why(ln.slot); err != nil {
			l.end(ln.slot, err, false)
		}
	}
}
