package simulator

import (
	"context"
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
		return err
	}
	seed, ok, err := s.state.Seed(ctx)
	switch {
	case err != nil:
		return err
	case !ok:
		return s.state.SetSeed(ctx, s.cfg.Seed)
	case seed != s.cfg.Seed && !s.cfg.AnySeed:
		return fmt.Errorf("the state file %s was made with the seed %d, not %d", s.cfg.State, seed, s.cfg.Seed)
	}
	s.cfg.Seed = seed
	return nil
}

func (s *Simulator) closeState() error {
	if s.state == nil {
		return nil
	}
	return s.state.Close()
}

// startClock starts the clock, or lets it go on as if it had never stopped.
func (s *Simulator) startClock(ctx context.Context) error {
	now, keep := clock.Start(s.cfg.TimeScale), (func(clock.State) error)(nil)
	if s.state != nil {
		keep = s.store(ctx).SetClock
		last, ok, err := s.state.Clock(ctx)
		if err != nil {
			return err
		}
		if ok {
			now = last
		}
	}
	var err error
	if s.clock, err = clock.New(now, keep); err != nil {
		return err
	}
	return s.clock.SetScale(s.cfg.TimeScale)
}

// makeSender makes the sender, with what the last process has left pending.
func (s *Simulator) makeSender(ctx context.Context) (err error) {
	cfg := delivery.Config{
		Profile: s.cfg.Profile, Clock: s.clock, Source: source{s.cloud}, OnAttempt: s.attempted,
		Concurrency: s.cfg.Concurrency, MaxPending: s.cfg.MaxPending,
	}
	if s.state != nil {
		cfg.Journal = s.store(ctx)
		if cfg.Restored, cfg.Last, err = s.state.Recover(ctx, s.clock.Now(), resendDelay(s.cfg.Profile)); err != nil {
			return err
		}
		const remembered = 10_000
		attempts, err := s.state.Attempts(ctx, remembered)
		if err != nil {
			return err
		}
		for _, a := range attempts {
			s.history.Note(a)
		}
	}
	s.sender, err = delivery.New(cfg)
	return err
}

// source is the cloud's outbox as the sender takes from it.
type source struct{ *cloud.Cloud }

func (s source) Take(url string, limit int, record func([]delivery.Waiting) error) error {
	return s.Cloud.Take(url, limit, func(taken []cloud.Waiting) error {
		waiting := make([]delivery.Waiting, 0, len(taken))
		for _, w := range taken {
			waiting = append(waiting, delivery.Waiting{Sequence: w.Sequence, Notification: w.Notification, Due: w.Due})
		}
		return record(waiting)
	})
}

// store is the state file as the parts write to it. Its context is never
// cancelled.
type store struct {
	file        *state.File
	ctx         func() context.Context
	beforeWrite func() error
}

func (s *Simulator) store(ctx context.Context) store {
	before := s.cfg.beforeWrite
	if before == nil {
		before = func() error { return nil }
	}
	return store{s.state, func() context.Context { return ctx }, before}
}

func (s store) write(write func(context.Context) error) error {
	if err := s.beforeWrite(); err != nil {
		return err
	}
	return write(s.ctx())
}

func (s store) SetClock(now clock.State) error {
	return s.write(func(ctx context.Context) error { return s.file.SetClock(ctx, now) })
}

func (s store) Keep(tx cloud.Transaction) error {
	return s.write(func(ctx context.Context) error { return s.file.Keep(ctx, tx) })
}

func (s store) Take(taken []delivery.Pending, sequences []uint64) error {
	return s.write(func(ctx context.Context) error { return s.file.Take(ctx, taken, sequences) })
}

func (s store) Queue(p delivery.Pending) error {
	return s.write(func(ctx context.Context) error { return s.file.Queue(ctx, p) })
}

func (s store) Begin(p delivery.Pending, at time.Time) error {
	return s.write(func(ctx context.Context) error { return s.file.Begin(ctx, p, at) })
}

func (s store) End(a delivery.Attempt, next *delivery.Pending) error {
	return s.write(func(ctx context.Context) error { return s.file.End(ctx, a, next) })
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

func (s *Simulator) attempted(a delivery.Attempt) {
	s.history.Note(a)
	if s.cfg.OnAttempt != nil {
		s.cfg.OnAttempt(a)
	}
}
