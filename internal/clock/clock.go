// Package clock is the simulated cloud's time: it can be paused, advanced and
// run faster than the real one. Jobs, schedulers and resends live by it; what
// an endpoint or a caller waits for does not.
package clock

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// State is a clock's reading and rate at a moment of real time.
type State struct {
	// Base is what the clock read when the real time was Real.
	Base, Real time.Time
	// Scale is how many simulated seconds pass in a real one.
	Scale  float64
	Paused bool
}

// MaxScale is the fastest that a clock can run.
const MaxScale = 1_000_000

func (s State) check() error {
	if !(s.Scale > 0 && s.Scale <= MaxScale) {
		return fmt.Errorf("a time scale of %v: it must be above 0, and at most %d", s.Scale, MaxScale)
	}
	return nil
}

// Latest is where every clock stops: times are kept in nanoseconds of unix time,
// which end in the year 2262.
func Latest() time.Time { return time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC) }

// at is what the clock reads at a moment of real time. A product that is too
// large for a duration is past Latest, as is a base that was advanced too far.
func (s State) at(now time.Time) time.Time {
	left := Latest().Sub(s.Base) // at most 292 years, which is enough
	if left <= 0 {
		return Latest()
	}
	if s.Paused {
		return s.Base
	}
	passed := float64(max(0, now.Sub(s.Real))) * s.Scale
	if passed >= float64(left) {
		return Latest()
	}
	return s.Base.Add(time.Duration(passed))
}

// Clock is safe for concurrent use.
type Clock struct {
	keep func(State) error

	mu      sync.Mutex
	state   State
	changed chan struct{}
}

// Start is the state of a clock that reads the real time now.
func Start(scale float64) State {
	now := time.Now()
	return State{Base: now, Real: now, Scale: scale}
}

// New makes a clock that goes on from a state. keep makes a change last, or
// refuses it; nil: none lasts.
func New(state State, keep func(State) error) (*Clock, error) {
	if err := state.check(); err != nil {
		return nil, err
	}
	if keep == nil {
		keep = func(State) error { return nil }
	}
	return &Clock{keep: keep, state: state, changed: make(chan struct{})}, nil
}

// Now is what the clock reads.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state.at(time.Now())
}

// State is the clock's present state, with Base its reading now.
func (c *Clock) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stateLocked()
}

func (c *Clock) stateLocked() State {
	s, now := c.state, time.Now()
	s.Base, s.Real = s.at(now), now
	return s
}

// maxWait is how long anybody waits before looking at the clock again.
const maxWait = 24 * time.Hour

// Until is how long it is in real time until t, or a day where it is longer;
// false while t is ahead and the clock stands: paused, or at [Latest].
func (c *Clock) Until(t time.Time) (time.Duration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.state.at(time.Now())
	left := t.Sub(now)
	if left <= 0 {
		return 0, true
	}
	stands := c.state.Paused || !now.Before(Latest())
	// One nanosecond more makes up for what the division cuts off.
	return time.Duration(min(float64(left)/c.state.Scale, float64(maxWait))) + 1, !stands
}

// Changed is closed when Until may answer otherwise than before.
func (c *Clock) Changed() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changed
}

// MaxAdvance is how far a clock can be advanced at once.
const MaxAdvance = 366 * 24 * time.Hour

// Advance moves the clock forward.
func (c *Clock) Advance(d time.Duration) error {
	if d < 0 || d > MaxAdvance {
		return errors.New("a clock can only be advanced by 0 to 8784 hours at once")
	}
	return c.change(func(s *State) { s.Base = s.Base.Add(d) })
}

// SetPaused stops the clock or lets it go on.
func (c *Clock) SetPaused(paused bool) error {
	return c.change(func(s *State) { s.Paused = paused })
}

// SetScale sets how many simulated seconds pass in a real one.
func (c *Clock) SetScale(scale float64) error {
	return c.change(func(s *State) { s.Scale = scale })
}

func (c *Clock) change(how func(*State)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.stateLocked()
	how(&s)
	if err := s.check(); err != nil {
		return err
	}
	if err := c.keep(s); err != nil {
		return fmt.Errorf("changing the clock: %w", err)
	}
	c.state = s
	close(c.changed)
	c.changed = make(chan struct{})
	return nil
}
