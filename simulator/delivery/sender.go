package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// The bounds of a [Sender] whose [Config] names none.
const (
	DefaultConcurrency = 64
	DefaultMaxPending  = 100_000
)

var (
	// ErrFull is returned by [Sender.Send] while MaxPending notifications are
	// pending.
	ErrFull = errors.New("too many notifications are pending")
	// ErrStopped is returned by [Sender.Send] once the sender's Run has ended
	// or is about to.
	ErrStopped = errors.New("the sender has stopped")
)

// Config sets up a [Sender].
type Config struct {
	// Profile is the rules to send by; required.
	Profile webhook.Profile
	// Transport performs the exchanges; nil is [NewTransport].
	Transport http.RoundTripper
	// UserAgent is sent as such; empty is "scrapehook".
	UserAgent string
	// Concurrency is the most attempts under way at once; 0 is
	// [DefaultConcurrency]. What is due beyond that waits.
	Concurrency int
	// MaxPending is the most notifications that may be pending, those under
	// way and those that wait for a resend included; 0 is [DefaultMaxPending].
	MaxPending int
	// OnAttempt is told of each attempt when it has ended and before anything
	// follows from it: the calls for one delivery come one by one, in order,
	// and its resend waits for them. Calls for different deliveries overlap.
	// It must not wait for the sender to stop. May be nil.
	OnAttempt func(Attempt)
	// Clock is what notifications are due by, and resend delays count by; nil
	// is the real one. An attempt's deadline is always real.
	Clock Clock
	// Journal makes what the sender does last longer than the process; nil:
	// nothing does. Restored is what was pending in it, and Last the number of
	// the last delivery.
	Journal  Journal
	Restored []Pending
	Last     uint64
}

// Clock is a time that may be paused, advanced or run faster than the real one.
// Its methods may be called concurrently.
type Clock interface {
	Now() time.Time
	// Until is how long it is in real time until t, false while it is paused.
	Until(t time.Time) (time.Duration, bool)
	// Changed is closed when Until would answer otherwise than before.
	Changed() <-chan struct{}
}

// Journal keeps deliveries. An error of Begin or End ends the sender's Run:
// what can't be recorded must not go on.
type Journal interface {
	// Queue keeps a notification that is pending, in its place if it is there.
	Queue(p Pending) error
	// Begin keeps the intent of an attempt, before anything of it is sent.
	Begin(p Pending, at time.Time) error
	// End keeps an attempt's outcome together with what is pending after it,
	// if anything is.
	End(a Attempt, next *Pending) error
}

type realClock struct{}

func (realClock) Now() time.Time                          { return time.Now() }
func (realClock) Until(t time.Time) (time.Duration, bool) { return time.Until(t), true }
func (realClock) Changed() <-chan struct{}                { return nil }

type noJournal struct{}

func (noJournal) Queue(Pending) error            { return nil }
func (noJournal) Begin(Pending, time.Time) error { return nil }
func (noJournal) End(Attempt, *Pending) error    { return nil }

func (cfg Config) check() error {
	p := cfg.Profile
	switch {
	case p.Timeout <= 0:
		return fmt.Errorf("profile %q: the timeout is %v, and must be above 0", p.Name, p.Timeout)
	case p.MaxAttempts < 0:
		return fmt.Errorf("profile %q: %d attempts, and must be 0 (no limit) or more", p.Name, p.MaxAttempts)
	case p.MaxAttempts != 1 && len(p.ResendDelays) == 0:
		return fmt.Errorf("profile %q resends, but has no resend delay", p.Name)
	case slices.ContainsFunc(p.ResendDelays, func(d time.Duration) bool { return d < 0 }):
		return fmt.Errorf("profile %q: resend delays %v, and none may be below 0", p.Name, p.ResendDelays)
	case cfg.Concurrency < 0:
		return fmt.Errorf("concurrency is %d, and must be 0 (default) or more", cfg.Concurrency)
	case cfg.MaxPending < 0:
		return fmt.Errorf("the bound of what is pending is %d, and must be 0 (default) or more", cfg.MaxPending)
	}
	return nil
}

// Sender delivers notifications by a profile's rules: it attempts each until
// it is acknowledged or given up. Its methods may be called concurrently.
type Sender struct {
	client      Client
	concurrency int
	maxPending  int
	onAttempt   func(Attempt)
	wake        chan struct{} // has a token when Run has something new to look at
	clock       Clock
	journal     Journal

	mu       sync.Mutex
	last     uint64 // number of the last delivery
	waiting  queue
	underWay map[uint64]Pending
	dropped  map[uint64]bool // of those under way, what is not to be resent
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
	s := &Sender{
		client:      Client{Profile: cfg.Profile, Transport: cfg.Transport, UserAgent: cfg.UserAgent},
		concurrency: cfg.Concurrency,
		maxPending:  cfg.MaxPending,
		onAttempt:   cfg.OnAttempt,
		wake:        make(chan struct{}, 1),
		clock:       cfg.Clock,
		journal:     cfg.Journal,
		last:        cfg.Last,
		underWay:    map[uint64]Pending{},
		dropped:     map[uint64]bool{},
	}
	for _, p := range cfg.Restored {
		s.waiting.push(p)
		s.last = max(s.last, p.Delivery)
	}
	if s.clock == nil {
		s.clock = realClock{}
	}
	if s.journal == nil {
		s.journal = noJournal{}
	}
	if s.client.Transport == nil {
		s.client.Transport = NewTransport()
	}
	if s.concurrency == 0 {
		s.concurrency = DefaultConcurrency
	}
	if s.maxPending == 0 {
		s.maxPending = DefaultMaxPending
	}
	if s.onAttempt == nil {
		s.onAttempt = func(Attempt) {}
	}
	return s, nil
}

// Send takes n for delivery to url, due now, and returns the delivery's number
// without waiting for it. Which statuses notify is the caller's to decide. The
// error is [ErrFull], [ErrStopped] or what is wrong with url. Before Run,
// notifications are taken and wait.
func (s *Sender) Send(url string, n webhook.Notification) (delivery uint64, err error) {
	if err := CheckURL(url); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return 0, ErrStopped
	}
	if len(s.waiting)+len(s.underWay) >= s.maxPending {
		return 0, ErrFull
	}
	p := Pending{Delivery: s.last + 1, URL: url, Notification: n, Attempt: 1, Due: s.clock.Now()}
	if err := s.journal.Queue(p); err != nil {
		return 0, fmt.Errorf("recording a delivery: %w", err)
	}
	s.last = p.Delivery
	s.waiting.push(p)
	s.notify()
	return s.last, nil
}

// Hasten makes the next attempt of a delivery due now, and reports whether one
// was waiting.
func (s *Sender) Hasten(delivery uint64) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := slices.IndexFunc(s.waiting, func(p Pending) bool { return p.Delivery == delivery })
	if i < 0 {
		return false, nil
	}
	p := s.waiting[i]
	p.Due = s.clock.Now()
	if err := s.journal.Queue(p); err != nil {
		return false, fmt.Errorf("recording a delivery: %w", err)
	}
	rest := slices.Delete(slices.Clone(s.waiting), i, i+1)
	s.waiting = nil
	for _, p := range append(rest, p) {
		s.waiting.push(p)
	}
	s.notify()
	return true, nil
}

// Clear gives up everything that is pending. Attempts under way end and are not
// repeated. The journal is not told.
func (s *Sender) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = nil
	for delivery := range s.underWay {
		s.dropped[delivery] = true
	}
}

// Pending returns what is neither acknowledged nor given up, in the order of
// the deliveries. After Run it is what the stop has left undone.
func (s *Sender) Pending() []Pending {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Clone([]Pending(s.waiting))
	for _, p := range s.underWay {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b Pending) int { return cmp.Compare(a.Delivery, b.Delivery) })
	return all
}

// Run sends until ctx ends. It then takes nothing new, aborts the attempts
// under way (they end as [Canceled] and stay pending), and returns nil when the
// last of them is gone. It can be called once; a second call is an error. So is
// a journal that fails.
func (s *Sender) Run(ctx context.Context) error {
	if err := s.run(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broken
}

func (s *Sender) run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	s.mu.Lock()
	again := s.started
	s.started = true
	s.mu.Unlock()
	if again {
		return errors.New("the sender has been run before")
	}

	var attempts sync.WaitGroup
	defer attempts.Wait()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		changed := s.clock.Changed() // before anything is read off the clock
		ready, next := s.take(ctx)
		for _, p := range ready {
			attempts.Go(func() {
				if err := s.attempt(ctx, p); err != nil {
					s.fail(err)
					stop()
				}
			})
		}
		timer.Stop()
		if wait, ok := s.clock.Until(next); ok && !next.IsZero() {
			timer.Reset(wait)
		}
		select {
		case <-ctx.Done():
			s.mu.Lock()
			s.stopped = true
			s.mu.Unlock()
			return nil
		case <-s.wake:
		case <-changed:
		case <-timer.C:
		}
	}
}

// fail keeps the first error that ends Run.
func (s *Sender) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken == nil {
		s.broken = err
	}
}

// take moves what is due, as far as the concurrency allows, to what is under
// way. next is when to look again without being woken; zero is never.
func (s *Sender) take(ctx context.Context) (ready []Pending, next time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	for len(s.waiting) > 0 && len(s.underWay) < s.concurrency && ctx.Err() == nil {
		if due := s.waiting[0].Due; due.After(now) {
			return ready, due
		}
		p := s.waiting.pop()
		s.underWay[p.Delivery] = p
		ready = append(ready, p)
	}
	return ready, time.Time{} // an attempt that ends wakes
}

// attempt makes one attempt and decides what follows from it. Its error is the
// journal's; the notification stays pending then.
func (s *Sender) attempt(ctx context.Context, p Pending) error {
	next := &p
	defer func() { s.ended(p.Delivery, next) }()
	if err := s.journal.Begin(p, time.Now()); err != nil {
		return fmt.Errorf("recording the intent of an attempt: %w", err)
	}
	profile := s.client.Profile
	a := s.client.attempt(ctx,
		Request{URL: p.URL, Body: profile.AppendForm(nil, p.Notification)},
		Attempt{Delivery: p.Delivery, Notification: p.Notification, URL: p.URL, Number: p.Attempt, Planned: p.Due})
	after := following(profile, p, a, s.clock.Now())
	if after != nil && a.Reason != Canceled {
		a.Resend = after.Due
	}
	if err := s.journal.End(a, after); err != nil {
		return fmt.Errorf("recording the outcome of an attempt: %w", err)
	}
	next = after
	s.onAttempt(a)
	return nil
}

// ended takes what is pending after an attempt back.
func (s *Sender) ended(delivery uint64, next *Pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if next != nil && !s.dropped[delivery] {
		s.waiting.push(*next)
	}
	delete(s.underWay, delivery)
	delete(s.dropped, delivery)
	s.notify()
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
