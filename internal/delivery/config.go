package delivery

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// The bounds of each endpoint whose sender's [Config] names none.
const (
	DefaultConcurrency = 64
	DefaultMaxPending  = 100_000
)

// Config sets up a [Sender].
type Config struct {
	// Profile is the rules to send by; required.
	Profile webhook.Profile
	// Transport performs the exchanges; nil is [NewTransport].
	Transport http.RoundTripper
	// UserAgent is sent as such; empty is "scrapehook".
	UserAgent string
	// Source is where notifications wait until the sender has room for them;
	// nil: there is only what [Sender.Send] is given.
	Source Source
	// Concurrency is the most attempts under way at once to one endpoint; 0 is
	// [DefaultConcurrency]. What is due beyond that waits. Each endpoint has
	// its own, so one that hangs slows no other.
	Concurrency int
	// MaxPending is the most notifications to one endpoint that may be pending,
	// those under way and those that wait for a resend included; 0 is
	// [DefaultMaxPending]. Beyond it nothing is taken from the source, and
	// [Sender.Send] is refused.
	MaxPending int
	// OnAttempt is told of each attempt when it has ended and before anything
	// follows from it: the calls for one delivery come one by one, in order,
	// and its resend waits for them. Calls for different deliveries overlap.
	// It must not wait for the sender to stop. May be nil.
	OnAttempt func(Attempt)
	// OnPending is told of each delivery that is queued by hand or has become
	// due at another time, and with underWay of each attempt that begins. It is
	// called with the sender locked: it must not call the sender, nor wait. May
	// be nil.
	OnPending func(p Pending, underWay bool)
	// Mishap is asked what is to go wrong with each attempt, before it is made.
	// Nil: nothing does.
	Mishap func(Pending) Mishap
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

// Source is where notifications wait that no delivery was begun of. Its methods
// may be called concurrently, and must not call the sender.
type Source interface {
	// Filled has a token when notifications were added since the last one was
	// taken from it.
	Filled() <-chan struct{}
	// WaitingFor returns the endpoints that notifications wait for, with how
	// many.
	WaitingFor() map[string]int
	// OldestDue is when the oldest of an endpoint became due, false for none.
	OldestDue(url string) (time.Time, bool)
	// Take takes up to limit of the oldest of an endpoint out. record makes
	// that last, together with their deliveries; with its error, which is
	// returned, they stay. It is not called when nothing waits.
	Take(url string, limit int, record func([]Waiting) error) error
}

// Waiting is a notification in a [Source].
type Waiting struct {
	Sequence     uint64 // tells it apart from others of the source
	Notification webhook.Notification
	Due          time.Time
}

// Journal keeps deliveries. An error ends the sender's Run: what can't be
// recorded must not go on.
type Journal interface {
	// Take keeps deliveries that are pending, and in the same transaction
	// removes what they are of from the source, by its sequence numbers.
	Take(taken []Pending, sequences []uint64) error
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

type noSource struct{}

func (noSource) Filled() <-chan struct{}                       { return nil }
func (noSource) WaitingFor() map[string]int                    { return nil }
func (noSource) OldestDue(string) (time.Time, bool)            { return time.Time{}, false }
func (noSource) Take(string, int, func([]Waiting) error) error { return nil }

type noJournal struct{}

func (noJournal) Take([]Pending, []uint64) error { return nil }
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

// withDefaults fills in what is not given.
func (cfg Config) withDefaults() Config {
	if cfg.Transport == nil {
		cfg.Transport = NewTransport()
	}
	if cfg.Source == nil {
		cfg.Source = noSource{}
	}
	if cfg.Concurrency == 0 {
		cfg.Concurrency = DefaultConcurrency
	}
	if cfg.MaxPending == 0 {
		cfg.MaxPending = DefaultMaxPending
	}
	if cfg.OnAttempt == nil {
		cfg.OnAttempt = func(Attempt) {}
	}
	if cfg.OnPending == nil {
		cfg.OnPending = func(Pending, bool) {}
	}
	if cfg.Mishap == nil {
		cfg.Mishap = func(Pending) Mishap { return Mishap{} }
	}
	if cfg.Clock == nil {
		cfg.Clock = realClock{}
	}
	if cfg.Journal == nil {
		cfg.Journal = noJournal{}
	}
	return cfg
}
