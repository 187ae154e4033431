package scenarios

import "time"

// Kind says what a piece of evidence tells of.
type Kind string

// The kinds of evidence.
const (
	OfRequest Kind = "request" // sent to the endpoint, and what came back
	OfAPI     Kind = "api"     // a call of the receiver's to the simulated API
	OfProbe   Kind = "probe"   // what a probe read
	OfProcess Kind = "process" // the receiver's process: started, killed, what it printed
	OfNote    Kind = "note"
)

// Evidence is one thing that happened, for a person to read.
type Evidence struct {
	// At is the time since the scenario began, Took how long it lasted; 0 is a
	// moment.
	At, Took time.Duration
	Kind     Kind
	// Text says it in a line.
	Text string
	// Wire is what went over the connection; nil where nothing did.
	Wire *Wire
}

// Wire is an exchange as it went over the connection, secrets replaced.
type Wire struct {
	Request, Answer Message
	// Curl is a shell command that sends the request again; empty where curl
	// can't.
	Curl string
}

// Message is a request or an answer.
type Message struct {
	// Head is the start line and the header fields, a line each; empty if there
	// was none.
	Head string
	// Body is the beginning of the body, Bytes the length of the whole: more
	// than that of Body when it was cut.
	Body  string
	Bytes int64
}
