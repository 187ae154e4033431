package simulator

import (
	"context"
	"fmt"
	"time"

	"github.com/scrapehook/scrapehook/simulator/clock"
	"github.com/scrapehook/scrapehook/simulator/cloud"
	"github.com/scrapehook/scrapehook/simulator/delivery"
	"github.com/scrapehook/scrapehook/simulator/state"
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
		keep = func(now clock.State) error { return s.state.SetClock(ctx, now) }
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
	cfg := delivery.Config{Profile: s.cfg.Profile, Clock: s.clock, OnAttempt: s.attempted, MaxPending: s.cfg.MaxPending}
	if s.state != nil {
		cfg.Journal = journal{s.state, func() context.Context { return ctx }}
		if cfg.Restored, cfg.Last, err = s.state.Recover(ctx, s.clock.Now(), resendDelay(s.cfg.Profile)); err != nil {
			return err
		}
		attempts, err := s.state.Attempts(ctx, 10_000)
		if err != nil {
			return err
		}
		for _, a := range attempts {
			s.deliveries.Note(a)
		}
	}
	s.Sender, err = delivery.New(cfg)
	return err
}

// journal is the state file as the sender's. Its context is never cancelled.
type journal struct {
	file *state.File
	ctx  func() context.Context
}

func (j journal) Queue(p delivery.Pending) error { return j.file.Queue(j.ctx(), p) }

func (j journal) Begin(p delivery.Pending, at time.Time) error { return j.file.Begin(j.ctx(), p, at) }

func (j journal) End(a delivery.Attempt, next *delivery.Pending) error {
	return j.file.End(j.ctx(), a, next)
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
	s.deliveries.Note(a)
	if s.cfg.OnAttempt != nil {
		s.cfg.OnAttempt(a)
	}
}

// restore takes in the objects of the last process, and makes an appointment
// with each.
func (s *Simulator) restore(ctx context.Context) error {
	if s.state == nil {
		return nil
	}
	err := s.state.Objects(ctx, s.Cloud.Restore)
	if err != nil {
		return err
	}
	const page = 100_000
	for offset := 0; ; offset += page {
		jobs, total := s.Cloud.Jobs(cloud.JobFilter{}, offset, page)
		for _, j := range jobs {
			s.lifecycle.watch(j)
		}
		if offset+page >= total {
			break
		}
	}
	for offset := 0; ; offset += page {
		sitemaps, total := s.Cloud.Sitemaps("", offset, page)
		for _, m := range sitemaps {
			s.lifecycle.watchScheduler(m.ID)
		}
		if offset+page >= total {
			return nil
		}
	}
}
