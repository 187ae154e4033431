package simulator

import (
	"errors"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/simulator/internal/state"
)

// How long a write that found no room waits for its next try, and how long none
// may have found no room before that counts as over: a disk that is nearly full
// takes small writes and refuses others.
const (
	stallRetry = time.Second
	stallOver  = 2 * stallRetry
)

// stall is the time in which the state can't be written. It is told of once when
// it begins, and once when it is over.
type stall struct {
	tell  func(error)  // nil: nobody is told
	probe func() error // writes a little; for when nobody else does

	stop    chan struct{} // closed when nothing is to wait any more
	stopped sync.Once

	mu      sync.Mutex
	on      bool
	refused time.Time // the last write
	took    bool      // a write succeeded since
	timer   *time.Timer
}

func newStall(tell func(error)) *stall { return &stall{tell: tell, stop: make(chan struct{})} }

// note takes how a write ended.
func (s *stall) note(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case errors.Is(err, state.ErrNoRoom):
		s.refused, s.took = time.Now(), false
		if !s.on {
			s.on = true
			s.told(err)
		}
		s.lookLaterLocked()
	case err == nil:
		s.took = true
	}
}

func (s *stall) lookLaterLocked() {
	if s.timer != nil {
		s.timer.Stop()
	}
	s.timer = time.AfterFunc(stallOver, s.look)
}

// look ends the stall if none was refused for long enough, and one was taken.
func (s *stall) look() {
	s.mu.Lock()
	probe := s.on && !s.took && !s.isStopped()
	s.mu.Unlock()
	if probe {
		s.note(s.probe())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.on || s.isStopped():
	case s.took && time.Since(s.refused) >= stallOver:
		s.on = false
		s.told(nil)
	default:
		s.lookLaterLocked()
	}
}

func (s *stall) isStopped() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

func (s *stall) told(err error) {
	if s.tell != nil {
		s.tell(err)
	}
}

// later does something when the next try is due.
func (s *stall) later(do func()) { time.AfterFunc(stallRetry, do) }

// end has nothing wait any more.
func (s *stall) end() {
	s.stopped.Do(func() { close(s.stop) })
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer != nil {
		s.timer.Stop()
	}
}

// wait tries a write until there is room for it, or until the end; then it is
// tried a last time.
func (s *stall) wait(write func() error) error {
	for last := false; ; {
		err := write()
		if last || !errors.Is(err, state.ErrNoRoom) {
			return err
		}
		timer := time.NewTimer(stallRetry)
		select {
		case <-timer.C:
		case <-s.stop:
			last = true
		}
		timer.Stop()
	}
}
