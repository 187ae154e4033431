package scenarios

import (
	"time"

	"github.com/scrapehook/scrapehook/scenarios/probe"
)

// Observation is all that a scenario saw; the judges read nothing else.
type Observation struct {
	Exchanges []Exchange
	Effects   []Effect
	// Calls are the receiver's calls to the API about the scenario's jobs, job
	// by job, in the order of their beginning.
	Calls []Call
	// EarlyCalls counts calls about jobs that were not notified yet, Lists those
	// for lists of jobs, while the scenario watched for them.
	EarlyCalls, Lists int
	// LateCalls counts the calls that came when there should be none any more,
	// where the scenario looked for them.
	LateCalls int
}

// Exchange is one request to the endpoint and its outcome.
type Exchange struct {
	// Label tells the exchanges of a scenario apart: "first", "resend".
	Label string
	Job   int64
	// Superseded: the same was measured again, and this does not count.
	Superseded bool
	// Request is what was sent.
	Request Request
	Attempt
}

// Acknowledged reports whether the notification was answered 2xx in time. The
// head of the answer decides; ACK-08 is about its body.
func (x Exchange) Acknowledged() bool { return x.Status >= 200 && x.Status <= 299 }

// Effect is what was to be seen of one job's import when the receiver had had
// its time, and a quiet time more.
type Effect struct {
	Label string
	Job   int64
	// Want are the job's rows, as JSON objects.
	Want [][]byte
	// Columns says under which path the probes show a column, where the user has
	// said so.
	Columns map[string]string
	// SitemapName is the name in the notification.
	SitemapName string
	// Readings are what each probe saw at the end; without any, Downloads is
	// all there is.
	Readings []ProbeReading
	// Downloads counts complete downloads of the job's data, as the simulated
	// API saw them, since the job last changed.
	Downloads int
	// Calls counts the API calls about the job, APICalls those of the whole
	// run so far.
	Calls, APICalls int
	// Seen is when the whole effect was there first; zero for never.
	Seen time.Time
	// Waited is how long the effect was awaited. It was given up after Limit
	// without progress of the receiver, for any job; LimitWhy is the flag that
	// says so, or why it was not longer. Quiet is the time without any sign of
	// work after which "no second effect" is judged.
	Waited, Limit, Quiet time.Duration
	LimitWhy             string

	changes []change
}

// Subject is what findings call an effect.
func (e Effect) Subject() string { return Job{ID: e.Job, Label: e.Label}.subject() }

// change is a reading that was another one than before.
type change struct {
	at   time.Time
	text string
}

// ProbeReading is what one probe saw of a job.
type ProbeReading struct {
	Probe string
	probe.Reading
}
