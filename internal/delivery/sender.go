package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/internal/duequeue"
	"github.com/scrapehook/scrapehook/webhook"
)

var (
	// ErrFull is returned by [Sender.Send] while MaxPending notifications to
	// the endpoint are pending.
	ErrFull = errors.New("too many notifications to this endpoint are pending")
	// ErrStopped is returned by [Sender.Send] once the sender's Run has ended
	// or is about to.
	ErrStopped = errors.New("the sender has stopped")
)

// Sender delivers notifications by a profile's rules: it takes each from its
// source when it has room for the endpoint, and attempts it until it is
// acknowledged or given up. Its methods may be called concurrently.
type Sender struct {
	cfg    Config
	client Client
	wake   chan struct{} // has a token when Run has something new to look at

	mu       sync.Mutex
	last     uint64           // number of the last delivery
	rooms    map[string]*room // by URL
	underWay map[uint64]Pending
	dropped  map[uint64]bool     // of those under way, what is not to be resent
	behind   map[string][]uint64 // by URL: postponed until another one was sent
	started  bool
	stopped  bool
	broken   error // what ends Run
}

// New returns a sender that begins to send when its Run is called. An error is
// a setting that makes no sense.
func New(cfg Config) (*Sender, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("setting up the sender: %w", err)
	}
	cfg = cfg.withDefaults()
	s := &Sender{
		cfg:      cfg,
		client:   Client{Profile: cfg.Profile, Transport: cfg.Transport, UserAgent: cfg.UserAgent},
		wake:     make(chan struct{}, 1),
		last:     cfg.Last,
		rooms:    map[string]*room{},
		underWay: map[uint64]Pending{},
		dropped:  map[uint64]bool{},
		behind:   map[string][]uint64{},
	}
	for _, p := range cfg.Restored {
		s.roomLocked(p.URL).waiting.Push(p)
		s.last = max(s.last, p.Delivery)
	}
	return s, nil
}

// Send takes n for delivery to url, due now, and returns the delivery's number
// without waiting for it. Which statuses notify is the caller's to decide. The
// error is [ErrFull], [ErrStopped] or what is wrong with url. Before Run,
// notifications are taken and wait.
func (s *Sender) Send(url string, n webhook.Notification) (delivery uint64, err error) {
	return s.Queue(Pending{URL: url, Notification: n}, 0)
}

// Queue is Send for p, due after a delay by the sender's clock. p's number,
// attempt and time are given to it.
func (s *Sender) Queue(p Pending, delay time.Duration) (delivery uint64, err error) {
	if err := CheckURL(p.URL); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return 0, ErrStopped
	}
	if r := s.rooms[p.URL]; r != nil && r.pending() >= s.cfg.MaxPending {
		return 0, ErrFull
	}
	p.Delivery, p.Attempt, p.Due = s.last+1, 1, s.cfg.Clock.Now().Add(delay)
	if err := s.cfg.Journal.Queue(p); err != nil {
		return 0, fmt.Errorf("recording a delivery: %w", err)
	}
	s.last = p.Delivery
	s.roomLocked(p.URL).waiting.Push(p)
	s.cfg.OnPending(p, false)
	s.notify()
	return s.last, nil
}

// Reset gives up everything that is pending, if commit, which makes that last,
// succeeds. Nothing is taken from the source meanwhile. Attempts under way end
// and are not repeated.
func (s *Sender) Reset(commit func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := commit(); err != nil {
		return err
	}
	for _, r := range s.rooms {
		r.waiting = duequeue.Queue[Pending]{}
	}
	clear(s.behind)
	for delivery := range s.underWay {
		s.dropped[delivery] = true
	}
	s.notify()
	return nil
}

// Pending returns what the sender has taken and neither acknowledged nor given
// up, in the order of the deliveries. After Run it is what the stop has left
// undone.
func (s *Sender) Pending() []Pending {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Pending
	for _, r := range s.rooms {
		all = append(all, r.waiting.All()...)
	}
	for delivery, p := range s.underWay {
		if !s.dropped[delivery] {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b Pending) int { return cmp.Compare(a.Delivery, b.Delivery) })
	return all
}

// Run sends until ctx ends. It then takes nothing new, aborts the attempts
// under way (they end as [Canceled] and stay pending), and returns nil when the
// last of them is gone. It can be called once; a second call is an error. So is
// a journal that fails.
func (s *Sender) Run(ctx context.Context) error {
	s.mu.Lock()
	again := s.started
	s.started = true
	s.mu.Unlock()
	if again {
		return errors.New("the sender has been run before")
	}
	s.run(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broken
}

func (s *Sender) run(ctx context.Context) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var attempts sync.WaitGroup
	defer attempts.Wait()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for ctx.Err() == nil {
		changed := s.cfg.Clock.Changed() // before anything is read off the clock
		ready, next, err := s.take()
		for _, p := range ready {
			attempts.Go(func() {
				if err := s.attempt(ctx, p); err != nil {
					s.fail(err)
					stop()
				}
			})
		}
		if err != nil {
			s.fail(err)
			stop()
		}
		timer.Stop()
		if wait, ok := s.cfg.Clock.Until(next); ok && !next.IsZero() {
			timer.Reset(wait)
		}
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-s.cfg.Source.Filled():
		case <-changed:
		case <-timer.C:
		}
	}
	s.mu.Lock()
	s.stopped = true
	s.mu.Unlock()
}

// fail keeps the first error that ends Run.
func (s *Sender) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken == nil {
		s.broken = err
	}
}

// attempt makes one attempt and decides what follows from it. Its error is the
// journal's; the notification stays pending then.
func (s *Sender) attempt(ctx context.Context, p Pending) error {
	m := s.cfg.Mishap(p)
	if m.Postpone > 0 {
		return s.postpone(p, m)
	}
	next := &p
	defer func() { s.ended(p, next) }()
	if s.isDropped(p.Delivery) {
		next = nil
		return nil
	}
	s.copy(p, m)
	if err := s.cfg.Journal.Begin(p, time.Now()); err != nil {
		return fmt.Errorf("recording the intent of an attempt: %w", err)
	}
	profile := s.client.Profile
	mishandled, r := m.apply(ctx, Request{URL: p.URL, Body: p.form(profile)})
	a := s.client.attempt(mishandled, r,
		Attempt{Delivery: p.Delivery, Notification: p.Notification, URL: p.URL, Number: p.Attempt, Planned: p.Due, Mishap: m.Name})
	after := following(profile, p, a, s.cfg.Clock.Now())
	if after != nil && a.Reason != Canceled {
		a.Resend = after.Due
	}
	if err := s.cfg.Journal.End(a, after); err != nil {
		return fmt.Errorf("recording the outcome of an attempt: %w", err)
	}
	next = after
	s.cfg.OnAttempt(a)
	return s.release(p)
}

// isDropped reports whether a delivery that is under way was given up.
func (s *Sender) isDropped(delivery uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dropped[delivery]
}

// following returns what is pending after attempt a of p, which ended at that
// time of the sender's clock; nil is nothing. An attempt that we canceled is to
// be made again; after any other failure the delay counts from its end ("resent
// after a 30 second delay", webhooks-2020).
func following(profile webhook.Profile, p Pending, a Attempt, ended time.Time) *Pending {
	if a.Reason == Acked {
		return nil
	}
	if a.Reason == Canceled {
		return &p
	}
	delay, ok := profile.ResendDelay(a.Number)
	if !ok {
		return nil
	}
	p.Attempt, p.Due = a.Number+1, ended.Add(delay)
	return &p
}

// notify makes Run look again. It never blocks: one token is enough.
func (s *Sender) notify() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
