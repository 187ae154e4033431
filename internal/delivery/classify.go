package delivery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/scrapehook/scrapehook/internal/oserr"
	"github.com/scrapehook/scrapehook/webhook"
)

// handshakeError marks what went wrong between the connection and the first
// byte of HTTP: crypto/tls has no common type for it.
type handshakeError struct{ err error }

func (e *handshakeError) Error() string { return "TLS handshake: " + e.err.Error() }
func (e *handshakeError) Unwrap() error { return e.err }

// End is how an exchange ended, as far as its [Attempt]'s times and status do not
// tell.
type End struct {
	// Err is what ended it early; nil when the answer was read to its end.
	Err error
	// Dropped: we hung up at the answer's first byte, as asked.
	Dropped bool
	// Canceled: our own stop came before the end, or Expired: the deadline did.
	Canceled, Expired bool
}

// Conclude sets a's reason, and its words, by the times and the status that it
// has. It is the one judge of every transport.
func (a *Attempt) Conclude(profile webhook.Profile, e End) {
	if e.Err == nil && a.Status == 0 {
		e.Err = errNoStatus
	}
	switch {
	case e.Dropped:
		a.Reason = Dropped
	case a.Status != 0 && !profile.Success(a.Status):
		a.Reason = Rejected
	case e.Err == nil:
		a.Reason = Acked
	case e.Canceled: // before the error: it may bear any cause
		a.Reason = Canceled
	case e.Expired:
		a.Reason = Timeout
	default:
		a.Reason = classify(e.Err)
	}
	a.Err = describe(a, profile.Timeout, e.Err)
}

// errNoStatus is what net/http does not mind.
var errNoStatus = errors.New("the answer's status is 000, which is not a status")

// classify names the reason for a failed exchange from its error alone. The
// order matters: a handshake that the endpoint cut off is a reset, and one
// that ran into the deadline a timeout.
func classify(err error) Reason {
	switch {
	case is(err, context.Canceled):
		return Canceled
	case is(err, context.DeadlineExceeded, os.ErrDeadlineExceeded), oserr.IsTimedOut(err):
		return Timeout
	case oserr.IsRefused(err):
		return Refused
	case oserr.IsLocal(err):
		return Local
	case oserr.IsUnreachable(err), as[*net.DNSError](err), as[*net.AddrError](err):
		return Lookup
	case is(err, io.EOF, io.ErrUnexpectedEOF, io.ErrClosedPipe,
		net.ErrClosed), // by net/http, under its own write, because reading has ended
		oserr.IsReset(err):
		return Reset
	case as[*handshakeError](err):
		return TLS
	}
	return Protocol
}

func is(err error, targets ...error) bool {
	for _, target := range targets {
		if errors.Is(err, target) {
			return true
		}
	}
	return false
}

func as[T error](err error) bool {
	_, ok := errors.AsType[T](err)
	return ok
}

// describe says in words why a, whose times and reason are known, failed.
func describe(a *Attempt, limit time.Duration, err error) string {
	switch a.Reason {
	case Acked:
		return ""
	case Rejected:
		answer := fmt.Sprintf("answered %d %s", a.Status, http.StatusText(a.Status))
		if a.Status >= 300 && a.Status <= 399 {
			answer += ": a redirect is a failure and is not followed"
		}
		return answer
	case Timeout:
		return fmt.Sprintf("%s within %v", unreached(a), limit)
	case Reset:
		return fmt.Sprintf("the connection ended, %s: %v", unreached(a), err)
	case Dropped:
		return "we hung up when the answer began, as asked"
	case Canceled:
		return "we stopped, " + unreached(a)
	case Local:
		return fmt.Sprintf("this machine allows no more connections; raise its limits (ulimit -n, net.ipv4.ip_local_port_range): %v", err)
	case Refused, TLS, Protocol, Lookup, Unknown, Invalid:
	}
	return err.Error()
}

// unreached names the first stage that a did not get to the end of.
func unreached(a *Attempt) string {
	switch {
	case a.Status != 0:
		return "the answer's body did not end"
	case !a.FirstByte.IsZero():
		return "the answer's head did not end"
	case !a.Sent.IsZero():
		return "no answer came"
	case !a.Connected.IsZero():
		return "the request was not taken in full"
	}
	return "no connection came about"
}
