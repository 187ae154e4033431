// Package delivery sends webhook notifications as Web Scraper Cloud does: a
// form POST with one deadline over the whole exchange, no redirect followed,
// nothing replayed behind the caller's back, and a resend some time after an
// attempt failed. Every attempt is recorded, how it ended included.
//
// It knows no jobs and no faults: what is sent, and when a job is to be
// notified, is up to its callers. It is not made for load either; that has a
// transport of its own.
package delivery

import (
	"net/http"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// Reason says how an attempt ended.
type Reason string

// The ways in which an attempt ends. Only [Acked] is a success, and all but
// Acked and [Canceled] lead to a resend while attempts are left.
const (
	// Acked: a 2xx answer, read to its end before the deadline.
	Acked Reason = "acked"
	// Rejected: an answer with any other status, redirects included; what
	// became of its body then makes no difference.
	Rejected Reason = "rejected"
	// Timeout: the exchange had not ended at the deadline. The attempt's times
	// tell which stage it hung in.
	Timeout Reason = "timeout"
	// Refused: nothing listens there.
	Refused Reason = "refused"
	// Reset: the endpoint ended the connection before its answer was whole.
	Reset Reason = "reset"
	// TLS: no trust, or no handshake.
	TLS Reason = "tls"
	// Protocol: the endpoint's bytes are not HTTP/1.
	Protocol Reason = "protocol"
	// Lookup: the host's name was not resolved, or no route leads to it.
	Lookup Reason = "lookup"
	// Local: this machine has no descriptor, port or memory for a connection. It
	// says nothing of the endpoint.
	Local Reason = "local"
	// Dropped: we hung up at the answer's first byte, as the request asked.
	Dropped Reason = "dropped"
	// Canceled: our own stop. It says nothing of the endpoint, does not count
	// as an attempt, and leaves the notification pending.
	Canceled Reason = "canceled"
	// Unknown: the process ended while the attempt was under way. Only a
	// [Journal] knows such attempts.
	Unknown Reason = "unknown"
	// Invalid: the request could not be formed, so nothing was sent. It is an
	// error of the caller, and only [Client.Do] reports it.
	Invalid Reason = "invalid"
)

// Attempt is what happened in one attempt to deliver a notification. A zero
// time is a stage that was not reached.
type Attempt struct {
	// Delivery is the number of the delivery within its [Sender], from 1; 0
	// when the attempt was made by [Client.Do].
	Delivery     uint64
	Notification webhook.Notification // zero from Client.Do
	URL          string
	Number       int // 1-based
	// Request is what was sent, or was to be; [Client.Head] has its head.
	Request Request
	// Mishap names what was made go wrong with it on purpose; empty: nothing.
	Mishap string

	Planned   time.Time // when it was due, by the sender's clock
	Started   time.Time // when its deadline began to run; later than Planned in a full sender
	Connected time.Time // connected, the TLS handshake included
	Sent      time.Time // the request was written in full
	FirstByte time.Time // of the answer, informational answers included
	HeadEnded time.Time // the answer's head was read
	Ended     time.Time // the answer was read to its end, or the attempt failed

	// Status is the answer's, or 0 when no head of one was read.
	Status int
	Reason Reason
	// Err says in words for a person what went wrong; empty when acked.
	Err    string
	Header http.Header // of the answer
	// Body is the answer's, cut to its first 64 KiB; BodyBytes counts all of
	// what was read.
	Body      []byte
	BodyBytes int64
	// Resend is when the next attempt is due, by the sender's clock. It is zero
	// when this attempt succeeded, was the last one, or was canceled.
	Resend time.Time
}

// Reasons returns every reason that a [Sender]'s attempt may end for.
func Reasons() []Reason {
	return []Reason{Acked, Rejected, Timeout, Refused, Reset, TLS, Protocol, Lookup, Local, Dropped, Canceled, Unknown, Invalid}
}
