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
}

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

	mu       sync.Mutex
	last     uint64 // number of the last delivery
	waiting  queue
	underWay map[uint64]Pending
	started  bool
	stopped  bool
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
		underWay:    map[uint64]Pending{},
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
	s.last++
	s.waiting.push(Pending{Delivery: s.last, URL: url, Notification: n, Attempt: 1, Due: time.Now()})
	s.notify()
	return s.last, nil
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
// last of them is gone. It can be called once; a second call is an error.
func (s *Sender) Run(ctx context.Context) error {
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
		ready, next := s.take(ctx)
		for _, p := range ready {
			attempts.Go(func() { s.attempt(ctx, p) })
		}
		timer.Stop()
		if !next.IsZero() {
			timer.Reset(time.Until(next))
		}
		select {
		case <-ctx.Done():
			s.mu.Lock()
			s.stopped = true
			s.mu.Unlock()
			return nil
		case <-s.wake:
		case <-timer.C:
		}
	}
}

// take moves what is due, as far as the concurrency allows, to what is under
// way. next is when to look again without being woken; zero is never.
func (s *Sender) take(ctx context.Context) (ready []Pending, next time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
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

// attempt makes one attempt and decides what follows from it.
func (s *Sender) attempt(ctx context.Context, p Pending) {
	profile := s.client.Profile
	a := s.client.attempt(ctx,
		Request{URL: p.URL, Body: profile.AppendForm(nil, p.Notification)},
		Attempt{Delivery: p.Delivery, Notification: p.Notification, URL: p.URL, Number: p.Attempt, Planned: p.Due})
	next, pending := following(profile, p, a)
	if pending && a.Reason != Canceled {
		a.Resend = next.Due
	}
	s.onAttempt(a)

	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.underWay, p.Delivery)
	if pending {
		s.waiting.push(next)
	}
	s.notify()
}

// following returns what is pending after attempt a of p, if anything is. An
// attempt that we canceled is to be made again; after any other failure the
// delay counts from its end ("resent after a 30 second delay", webhooks-2020).
func following(profile webhook.Profile, p Pending, a Attempt) (next Pending, pending bool) {
	if a.Reason == Acked {
		return Pending{}, false
	}
	if a.Reason == Canceled {
		return p, true
	}
	delay, ok := profile.ResendDelay(a.Number)
	if !ok {
		return Pending{}, false
	}
	p.Attempt, p.Due = a.Number+1, a.Ended.Add(delay)
	return p, true
}

// notify makes Run look again. It never blocks: one token is enough.
func (s *Sender) notify() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
