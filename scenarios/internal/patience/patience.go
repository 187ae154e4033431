// Package patience decides how long a run waits for what a receiver still owes.
//
// A wait is over when the receiver has made no progress, for any job of the run,
// for as long as the run is patient. So a deep queue, a single worker or a slow
// machine is never taken for a lost import, and a receiver that does nothing any
// more is not waited for once per requirement.
//
// The run is patient to the full as long as it could still end well. Once a MUST
// has failed, it waits only as long as this receiver was seen to need: whoever
// repairs a receiver wants to know soon.
package patience

import (
	"fmt"
	"time"
)

// Kind is what is awaited.
type Kind int

const (
	// Import is an import that nothing stands in the way of.
	Import Kind = iota
	// Retry is an import that needs the receiver to try again by itself.
	Retry
)

// Limits are the full patience.
type Limits struct {
	// Import and Retry are how long there may be no progress.
	Import, Retry time.Duration
	// ImportSet and RetrySet say that the user chose them: then they hold also
	// when the run has failed.
	ImportSet, RetrySet bool
	// Fast shortens what is left of the patience when the run has failed.
	Fast bool
}

// Seen is what is known of the receiver at a moment.
type Seen struct {
	// Progress is when the receiver last made progress: a first call for a job,
	// a complete download, other rows at a probe, a start. Zero: never.
	Progress time.Time
	// SlowestImport is the longest time from an acknowledgement to its effect,
	// zero when there was no effect yet.
	SlowestImport time.Duration
	// SlowestRetry is the longest time from a call that failed to the next one
	// for the same job, zero when nothing was tried again yet.
	SlowestRetry time.Duration
	// NoRetry: a retry was given up, and none was ever seen.
	NoRetry bool
	// Failed: a MUST has failed, so the run can't end well any more.
	Failed bool
	// Delayed is how long we held the receiver up so far, in all.
	Delayed time.Duration
	// Idle is since when no call for any job is under way. Zero: one is, or there
	// never was one.
	Idle time.Time
}

// Once a run has failed, an import may take ten times as long as the slowest
// one, and a retry three times as long.
const (
	importFactor, retryFactor = 10, 3
	leastImport               = 5 * time.Second
	leastRetry                = 10 * time.Second
)

// unseenRetry is how long a run that has failed waits for the first retry ever.
func (l Limits) unseenRetry() time.Duration {
	if l.Fast {
		return 25 * time.Second
	}
	return time.Minute
}

// For is how long there may be no progress until something of that kind is given
// up, and why not longer.
func (l Limits) For(k Kind, s Seen) (limit time.Duration, why string) {
	full, set, flag := l.Import, l.ImportSet, "--effect-timeout"
	if k == Retry {
		full, set, flag = max(l.Retry, l.Import), l.RetrySet, "--retry-timeout"
	}
	if set || !s.Failed {
		return full, flag
	}
	var seen time.Duration
	switch {
	case k == Import && s.SlowestImport == 0:
		return full, flag
	case k == Import:
		seen = max(leastImport, importFactor*s.SlowestImport)
		why = fmt.Sprintf("the run has failed already, and this receiver imports within %v otherwise", round(s.SlowestImport))
	case s.SlowestRetry == 0 && s.NoRetry:
		seen = max(leastRetry, importFactor*s.SlowestImport)
		why = "the run has failed already, and this receiver was awaited once to try again, in vain; " + flag + " waits longer"
	case s.SlowestRetry == 0:
		seen = max(l.unseenRetry(), importFactor*s.SlowestImport)
		why = "the run has failed already, and this receiver was never seen to try again; " + flag + " waits longer"
	default:
		seen = max(leastRetry, retryFactor*s.SlowestRetry+importFactor*s.SlowestImport)
		why = fmt.Sprintf("the run has failed already, and this receiver tries again within %v otherwise", round(s.SlowestRetry))
	}
	if seen >= full {
		return full, flag
	}
	return seen, why
}

// Wait is one thing that is awaited.
type Wait struct {
	Kind Kind
	// Since is when the wait began; Delayed what [Seen] said then.
	Since   time.Time
	Delayed time.Duration
	// Own is how long we hold up the very jobs that are awaited.
	Own time.Duration
}

// mostHeld bounds what is granted for what held the receiver up, once the run has
// failed.
const mostHeld = 10 * time.Second

// farthest bounds a wait for a receiver that makes progress without an end.
const farthest = 20

// Until is when the wait is over if the receiver makes no more progress. A receiver
// that calls is granted what we hold it up by; one that has been idle since we did
// is not.
func (l Limits) Until(w Wait, s Seen) time.Time {
	limit, _ := l.For(w.Kind, s)
	held := max(0, s.Delayed-w.Delayed)
	if s.Failed {
		held = max(w.Own, min(held, mostHeld))
	}
	from := later(w.Since, s.Progress)
	until := from.Add(limit + held)
	if s.Failed && !s.Idle.IsZero() {
		until = earlier(until, later(from, s.Idle).Add(limit+w.Own))
	}
	return earlier(until, w.Since.Add(farthest*max(limit, time.Minute)+held))
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func round(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(10 * time.Millisecond)
	}
	return d.Round(100 * time.Millisecond)
}
