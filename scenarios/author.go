package scenarios

import (
	"github.com/scrapehook/scrapehook/internal/api"
	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/fault"
)

// What the author of a scenario sends, breaks and reads, which is made by
// packages that can't be imported.
type (
	// Request is one request to send. Its zero value is a POST of an empty form
	// to the endpoint; Body is usually made by [Driver.Form], and Header adds to
	// what is sent, or replaces it.
	Request = delivery.Request
	// Attempt is what became of a request: the answer, its moments, and the
	// reason of its end.
	Attempt = delivery.Attempt
	// Reason says how an attempt ended.
	Reason = delivery.Reason
	// Fault is what goes wrong with an answer of the API. Its zero value is
	// nothing.
	Fault = fault.Fault
	// FaultKind is a way for the API to go wrong.
	FaultKind = fault.Kind
	// Call is a call that the receiver has made to the API.
	Call = api.Call
)

// The reasons that a scenario may look for.
const (
	Acked    = delivery.Acked    // a status of success, the answer whole and in time
	Rejected = delivery.Rejected // another status
	TimedOut = delivery.Timeout  // no whole answer within the time
	Refused  = delivery.Refused  // no connection
	Reset    = delivery.Reset    // the connection was closed before the answer's end
	Dropped  = delivery.Dropped  // we hung up: Request.DropAnswer
)

// The kinds of faults.
const (
	FaultStall           = fault.Stall           // silence for Delay, or until Release is closed
	FaultDribble         = fault.Dribble         // the body in pieces of Chunk bytes, with Delay between
	FaultTooManyRequests = fault.TooManyRequests // 429, with RetryAfter
	FaultServerError     = fault.ServerError     // 500 with a JSON error
	FaultBadGateway      = fault.BadGateway      // 502 with HTML
	FaultReset           = fault.Reset           // a TCP reset, after After bytes of the body
	FaultTruncate        = fault.Truncate        // a body shorter than its length, after After bytes
	FaultCutShort        = fault.CutShort        // a body without a length that ends early, after After bytes
	FaultMalformedLine   = fault.MalformedLine   // a line that is not JSON, after After bytes
)
