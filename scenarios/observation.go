package scenarios

import (
	"time"

	"github.com/scrapehook/scrapehook/scenarios/probe"
	"github.com/scrapehook/scrapehook/simulator/delivery"
)

// Observation is all that a scenario saw; the judges read nothing else.
type Observation struct {
	Exchanges []Exchange
	Effects   []Effect
}

// Exchange is one request to the endpoint and its outcome.
type Exchange struct {
	// Label tells the exchanges of a scenario apart: "first", "resend".
	Label string
	Job   int64
	// Request is what was sent.
	Request delivery.Request
	delivery.Attempt
}

// Effect is what was to be seen of one job's import when the receiver had had
// its time, and a quiet time more.
type Effect struct {
	Label string
	Job   int64
	// Want are the job's rows, as JSON objects.
	Want [][]byte
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
	// Waited is how long the effect was awaited, Limit how long it could have
	// been, and Quiet the time without any sign of work after which "no second
	// effect" is judged.
	Waited, Limit, Quiet time.Duration
}

// ProbeReading is what one probe saw of a job.
type ProbeReading struct {
	Probe string
	probe.Reading
}
