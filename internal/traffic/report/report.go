// Package report accounts for what a load did, and shows what came of it: as
// text, JSON and a page, judged by SLOs. Every planned send has one outcome and
// every notification one ending; where the sums differ, the run has failed. The
// reports of shards merge exactly. Nothing here sends anything.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/scrapehook/scrapehook/internal/traffic/plan"
	"github.com/scrapehook/scrapehook/internal/traffic/record"
	"github.com/scrapehook/scrapehook/webhook"
)

// Schema is the version of a report's JSON; docs/traffic-report.schema.json
// describes it.
const Schema = 1

// Report is what came of a run. Those of a plan's shards merge, see [Merge].
type Report struct {
	Schema  int    `json:"schema"`
	URL     string `json:"url"`
	Profile string `json:"profile"`
	// Transport is what the exchanges were performed with.
	Transport   string      `json:"transport"`
	Connections Connections `json:"connections"`
	Plan        plan.Scheme `json:"plan"`
	Started     time.Time   `json:"started"`
	DurationS   float64     `json:"duration_s"`
	Interrupted bool        `json:"interrupted"`
	// NotDue are jobs that an interruption came before; nothing of them is in
	// the counts.
	NotDue int64 `json:"not_due"`
	// MissingShards of a merged report. Their jobs are counted as dropped.
	MissingShards []int `json:"missing_shards,omitempty"`

	Counts
	// Warmup has the counts of the warm-up, which are not in any other figure.
	Warmup Counts `json:"warmup"`
	// RatePerS is how many jobs were notified for the first time a second.
	RatePerS  float64                    `json:"rate_per_s"`
	Sends     Sends                      `json:"first_sends"`
	Latency   Latency                    `json:"latency_us"`
	ByStatus  map[webhook.Status]Latency `json:"latency_us_by_status"`
	ByAttempt map[string]Latency         `json:"latency_us_by_attempt"`
	// Codes are how many answers had a status code.
	Codes    map[int]int64 `json:"status_codes"`
	Timeline Timeline      `json:"timeline"`
	// Replay is how the outcomes compare with those of a record; nil unless one
	// was replayed.
	Replay *record.Replayed `json:"replay,omitempty"`
	SLO    []Judged         `json:"slo,omitempty"`
}

// Connections are those of a run.
type Connections struct {
	// Most is how many there may be at once.
	Most int `json:"most"`
	// Dialled, and of these Repeated: they came about only when the kernel repeated
	// the dial. Both are 0 where the transport does not tell.
	Dialled  int64 `json:"dialled"`
	Repeated int64 `json:"repeated"`
}

func (c *Connections) add(other Connections) {
	c.Most += other.Most
	c.Dialled += other.Dialled
	c.Repeated += other.Repeated
}

// mixedTransports is the transport of a merged report whose shards had several.
const mixedTransports = "mixed"

// addCodes adds answers by their status codes.
func (r *Report) addCodes(codes map[int]int64) {
	if r.Codes == nil {
		r.Codes = map[int]int64{}
	}
	for code, n := range codes {
		r.Codes[code] += n
	}
}

// Unreached reports whether something was sent, and nothing of it came to an
// endpoint.
func (r *Report) Unreached() bool {
	return r.Sent > 0 && r.Sent == r.Refused+r.Lookup+r.Local+r.TLS+r.Canceled && r.Sent > r.Canceled
}

// maxSize is how large a report may be that is read, in bytes.
const maxSize = 64 << 20

// Read reads the JSON of a report.
func Read(from io.Reader) (Report, error) {
	text, err := io.ReadAll(io.LimitReader(from, maxSize+1))
	if err != nil {
		return Report{}, err
	}
	if len(text) > maxSize {
		return Report{}, fmt.Errorf("it is larger than %d bytes", maxSize)
	}
	var r Report
	if err := json.Unmarshal(text, &r); err != nil {
		return Report{}, err
	}
	return r, nil
}

// WriteJSON writes the report for programs; docs/traffic-report.schema.json
// describes it.
func (r *Report) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(r)
}
