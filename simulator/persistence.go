package simulator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/scrapehook/scrapehook/internal/clock"
	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/simulator/internal/state"
	"github.com/scrapehook/scrapehook/webhook"
)

// openState opens the state file, if there is to be one, and settles the seed:
// rows are made from it, so it can't change in the life of a cloud.
func (s *Simulator) openState(ctx context.Context) (err error) {
	if s.cfg.State == "" {
		return nil
	}
	if s.state, err = state.Open(ctx, s.cfg.State); err != nil {
		return ofState(err)
	}
	s.stall.probe = func() error { return s.state.Touch(ctx) }
	seed, ok, err := s.state.Seed(ctx)
	switch {
	case err != nil:
		return ofState(err)
	case !ok:
		return ofState(s.state.SetSeed(ctx, s.cfg.Seed))
	case seed != s.cfg.Seed && !s.cfg.AnySeed:
		return fmt.Errorf("the state file %s was made with the seed %d, not %d", s.cfg.State, seed, s.cfg.Seed)
	}
	s.cfg.Seed = seed
	return nil
}

// ErrState means that the state file could not be opened or read, for another
// reason than that it is the wrong one.
var ErrState = errors.New("opening the state file")

func ofState(err error) error {
	if err == nil || errors.Is(err, state.ErrForeign) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrState, err)
}

// loadCloud hands over what the last process has left to the cloud.
func (s *Simulator) loadCloud(ctx context.Context) error {
	err := s.state.Load(ctx, s.cloud.Restore)
	if errors.Is(err, state.ErrDamaged) {
		return ofState(err)
	}
	return err // the file is sound, and does not go with the configuration
}

func (s *Simulator) closeState() error {
	if s.state == nil {
		return nil
	}
	return s.state.Close()
}

// startClock starts the clock, or lets it go on as if it had never stopped, at
// the pace that it had unless another one is asked for.
func (s *Simulator) startClock(ctx context.Context) (err error) {
	if s.state == nil {
		s.clock, err = clock.New(clock.Start(cmp.Or(s.cfg.TimeScale, 1)), nil)
		return err
	}
	now, ok, err := s.state.Clock(ctx)
	if err != nil {
		return ofState(err)
	}
	if !ok {
		now = clock.Start(cmp.Or(s.cfg.TimeScale, 1))
	}
	if s.clock, err = clock.New(now, s.store(ctx).SetClock); err != nil {
		return err
	}
	err = s.clock.SetScale(cmp.Or(s.cfg.TimeScale, now.Scale))
	if errors.Is(err, state.ErrNoRoom) {
		return ofState(err)
	}
	return err
}

// makeSender makes the sender, with what the last process has left pending.
func (s *Simulator) makeSender(ctx context.Context) (err error) {
	transport := delivery.NewTransport()
	transport.TLSClientConfig = s.cfg.EndpointTLS
	cfg := delivery.Config{
		Transport: transport,
		Profile:   s.cfg.Profile, Clock: s.clock, Source: source{s.cloud, s.stall}, OnAttempt: s.attempted, OnPending: s.history.Pending, Mishap: s.mishaps.For,
		Concurrency: s.cfg.Concurrency, MaxPending: s.cfg.MaxPending,
	}
	if s.state != nil {
		cfg.Journal = s.store(ctx)
		if cfg.Restored, cfg.Last, err = s.state.Recover(ctx, s.clock.Now(), resendDelay(s.cfg.Profile)); err != nil {
			return ofState(err)
		}
		const remembered = 10_000
		attempts, err := s.state.Attempts(ctx, remembered)
		if err != nil {
			return ofState(err)
		}
		for _, a := range attempts {
			s.history.Ended(a)
		}
		for _, p := range cfg.Restored {
			s.history.Pending(p, false)
		}
	}
	s.sender, err = delivery.New(cfg)
	return err
}

// source is the cloud's outbox as the sender takes from it.
type source struct {
	*cloud.Cloud
	stall *stall
}

// Take gives nothing while there is no room to keep what was taken: it is called
// under the cloud's lock and the sender's, so it must not wait.
func (s source) Take(url string, limit int, record func([]delivery.Waiting) error) error {
	err := s.Cloud.Take(url, limit, func(taken []cloud.Waiting) error {
		waiting := make([]delivery.Waiting, 0, len(taken))
		for _, w := range taken {
			waiting = append(waiting, delivery.Waiting{Sequence: w.Sequence, Notification: w.Notification, Due: w.Due})
		}
		return record(waiting)
	})
	if errors.Is(err, state.ErrNoRoom) {
		s.stall.later(s.LookAgain)
		return nil
	}
	return err
}

// store is the state file as the parts write to it. Its context is never
// cancelled. The attempts of the sender wait for room, which holds up nothing
// else; what is done under a lock, or for a caller, is refused at once.
type store struct {
	file        *state.File
	stall       *stall
	ctx         func() context.Context
	beforeWrite func() error
}

func (s *Simulator) store(ctx context.Context) store {
	before := s.cfg.beforeWrite
	if before == nil {
		before = func() error { return nil }
	}
	return store{s.state, s.stall, func() context.Context { return ctx }, before}
}

func (s store) write(write func(context.Context) error) error {
	if err := s.beforeWrite(); err != nil {
		return err
	}
	err := write(s.ctx())
	s.stall.note(err)
	return err
}

func (s store) SetClock(now clock.State) error {
	return s.write(func(ctx context.Context) error { return s.file.SetClock(ctx, now) })
}

// Keep is told of as the cloud being full when there is no room.
func (s store) Keep(tx cloud.Transaction) error {
	err := s.write(func(ctx context.Context) error { return s.file.Keep(ctx, tx) })
	if errors.Is(err, state.ErrNoRoom) {
		return fmt.Errorf("%w: %w", cloud.ErrFull, err)
	}
	return err
}

func (s store) Take(taken []delivery.Pending, sequences []uint64) error {
	return s.write(func(ctx context.Context) error { return s.file.Take(ctx, taken, sequences) })
}

func (s store) Queue(p delivery.Pending) error {
	return s.write(func(ctx context.Context) error { return s.file.Queue(ctx, p) })
}

func (s store) Begin(p delivery.Pending, at time.Time) error {
	return s.stall.wait(func() error {
		return s.write(func(ctx context.Context) error { return s.file.Begin(ctx, p, at) })
	})
}

func (s store) End(a delivery.Attempt, next *delivery.Pending) error {
	return s.stall.wait(func() error {
		return s.write(func(ctx context.Context) error { return s.file.End(ctx, a, next) })
	})
}

// resendDelay is the profile's delay after an attempt, also after its last one:
// an attempt of which nothing is known does not count.
func resendDelay(p webhook.Profile) func(attempt int) time.Duration {
	p.MaxAttempts = 0
	return func(attempt int) time.Duration {
		delay, _ := p.ResendDelay(attempt)
		return delay
	}
}

// failed tells of a step that failed, unless it only waits for room, which is
// told of once for all of them.
func (s *Simulator) failed(err error) {
	if s.cfg.OnError != nil && !errors.Is(err, state.ErrNoRoom) {
		s.cfg.OnError(err)
	}
}

func (s *Simulator) attempted(a delivery.Attempt) {
	s.history.Ended(a)
	if s.cfg.OnAttempt != nil {
		s.cfg.OnAttempt(a)
	}
}
