// Package fault is what goes wrong with an HTTP answer on purpose: the named
// faults of the simulated API. A fault is a value; when it strikes, and which
// calls it strikes, is up to whoever serves.
package fault

import (
	"fmt"
	"time"
)

// Kind names a fault.
type Kind string

// The faults. The zero Kind is no fault.
const (
	// Stall goes silent for Delay, then answers on.
	Stall Kind = "stall"
	// Dribble sends the body Chunk bytes at a time, with Delay between.
	Dribble Kind = "dribble"
	// TooManyRequests answers 429 with a JSON error, as the rate limit does.
	TooManyRequests Kind = "too-many-requests"
	// ServerError answers 500 with a JSON error.
	ServerError Kind = "server-error"
	// BadGateway answers 502 with HTML, as a proxy in front of the API does.
	BadGateway Kind = "bad-gateway"
	// Reset ends the connection with a TCP reset.
	Reset Kind = "reset"
	// Truncate declares a length and closes the connection before it is
	// reached, which every HTTP client notices.
	Truncate Kind = "truncate"
	// CutShort ends a body without a declared length early, after a whole line
	// and with a proper end, which no HTTP client can notice.
	CutShort Kind = "cut-short"
	// MalformedLine puts a line that is not JSON between the body's lines.
	MalformedLine Kind = "malformed-line"
)

// All returns every kind.
func All() []Kind {
	return []Kind{Stall, Dribble, TooManyRequests, ServerError, BadGateway, Reset, Truncate, CutShort, MalformedLine}
}

// Fault is one fault with its measures. The zero value is no fault.
type Fault struct {
	Kind Kind
	// Delay of a stall, or between the chunks of a dribble.
	Delay time.Duration
	// Release, when it is closed, ends the waiting early; nil: never.
	Release <-chan struct{}
	// Chunk is the number of bytes a dribble sends at a time; 0 is 1.
	Chunk int
	// After is how many bytes of the body pass before a stall, a reset, a
	// truncation, a malformed line or the end of a body cut short. 0: none; a stall or a reset
	// then comes before the answer's head. A shorter body passes whole, and is
	// reset or truncated at its end.
	After int64
	// RetryAfter is what a 429 asks for, in seconds rounded up; 0 sends no
	// Retry-After.
	RetryAfter time.Duration
}

// String describes the fault for a person.
func (f Fault) String() string {
	after := ""
	if f.After > 0 {
		after = fmt.Sprintf(" after %d bytes", f.After)
	}
	switch f.Kind {
	case "":
		return "no fault"
	case Stall:
		return fmt.Sprintf("a stall of %v%s", f.Delay, after)
	case Dribble:
		return fmt.Sprintf("a body that dribbles, %d bytes each %v", f.chunk(), f.Delay)
	case TooManyRequests:
		if f.RetryAfter > 0 {
			return fmt.Sprintf("a 429 with Retry-After: %d", f.retryAfterSeconds())
		}
		return "a 429 without Retry-After"
	case ServerError:
		return "a 500 with a JSON error"
	case BadGateway:
		return "a 502 with HTML"
	case Reset:
		return "a reset connection" + after
	case Truncate:
		return "a body shorter than its length" + after
	case CutShort:
		return "a body without a length that ends early" + after
	case MalformedLine:
		return "a line that is not JSON" + after
	}
	return string(f.Kind)
}

func (f Fault) chunk() int { return max(1, f.Chunk) }

func (f Fault) retryAfterSeconds() int {
	return int((f.RetryAfter + time.Second - 1) / time.Second)
}
