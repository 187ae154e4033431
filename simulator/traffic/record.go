package traffic

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/simulator/delivery"
)

// A record is a file of JSON lines: a header, then each attempt as it ended.

// Header is the first line of a record.
type Header struct {
	Version int       `json:"scrapehook_record"` // 1
	URL     string    `json:"url"`
	Profile string    `json:"profile"`
	Started time.Time `json:"started"`
}

// recordVersion is the one that is written, and the only one that is read.
const recordVersion = 1

// recorded is the line of an attempt. Times are in µs since the start.
type recorded struct {
	Index   int64           `json:"index"`
	Part    string          `json:"part"`
	Special string          `json:"special"`
	Attempt int             `json:"attempt"`
	Planned int64           `json:"planned_us"`
	Sent    int64           `json:"sent_us"`
	Ended   int64           `json:"ended_us"`
	Reason  delivery.Reason `json:"reason"`
	Code    int             `json:"code,omitempty"`
	Error   string          `json:"error,omitempty"`
	Form    string          `json:"form"`
}

// Recorder writes a record. It is safe for concurrent use.
type Recorder struct {
	began   time.Time
	mu      sync.Mutex
	w       *bufio.Writer
	encoder *json.Encoder
	err     error // the first one; nothing is written after it
}

// NewRecorder begins a record.
func NewRecorder(w io.Writer, url, profile string) *Recorder {
	buffered := bufio.NewWriterSize(w, 64<<10)
	rec := &Recorder{began: time.Now(), w: buffered, encoder: json.NewEncoder(buffered)}
	rec.encoder.SetEscapeHTML(false)
	rec.err = rec.encoder.Encode(Header{recordVersion, url, profile, rec.began})
	return rec
}

// Add records an attempt. An error does not end the run that is recorded: it
// ends the record, and Close tells.
func (rec *Recorder) Add(a Attempt) {
	line := recorded{
		Index: a.Job.Index, Part: a.Part.String(), Special: a.Job.Special.String(), Attempt: a.Number,
		Planned: a.Planned.Microseconds(), Sent: a.Sent.Microseconds(), Ended: a.Ended.Microseconds(),
		Reason: a.Reason, Code: a.Code, Error: a.Err, Form: string(a.Form),
	}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if rec.err == nil {
		rec.err = rec.encoder.Encode(line)
	}
}

// AddDelivery records an attempt that was not of a plan. Its index is the job's
// id, or what stands for it.
func (rec *Recorder) AddDelivery(index int64, a delivery.Attempt, form []byte) {
	since := func(at time.Time) time.Duration {
		if at.IsZero() {
			return 0
		}
		return max(0, at.Sub(rec.began))
	}
	rec.Add(Attempt{
		Job: Job{Index: index}, Number: max(1, a.Number),
		Planned: since(a.Planned), Sent: since(a.Started), Ended: since(a.Ended),
		Reason: a.Reason, Code: a.Status, Err: a.Err, Form: form,
	})
}

// Close writes what is buffered and returns the first error that there was. It
// does not close what is written to.
func (rec *Recorder) Close() error {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if rec.err == nil {
		rec.err = rec.w.Flush()
	}
	if rec.err != nil {
		return fmt.Errorf("the record is incomplete: %w", rec.err)
	}
	return nil
}

// The bounds of a record that is read: it is held in memory.
const (
	maxRecorded     = 1_000_000 // attempts
	maxRecordedLine = 256 << 10 // bytes
)

// readRecord reads the lines of a record.
func readRecord(r io.Reader) (Header, []recorded, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxRecordedLine)
	if !lines.Scan() {
		return Header{}, nil, errors.Join(lines.Err(), errors.New("it is empty"))
	}
	var header Header
	if err := json.Unmarshal(lines.Bytes(), &header); err != nil || header.Version != recordVersion {
		return Header{}, nil, fmt.Errorf("line 1: it is no header of a record, or of another version than %d", recordVersion)
	}
	var attempts []recorded
	for line := 2; lines.Scan(); line++ {
		var a recorded
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			return Header{}, nil, fmt.Errorf("line %d: %w", line, err)
		}
		switch {
		case a.Sent < 0 || a.Sent > maxSpan.Microseconds():
			return Header{}, nil, fmt.Errorf("line %d: sent_us %d is not between 0 and %v", line, a.Sent, maxSpan)
		case len(attempts) == maxRecorded:
			return Header{}, nil, fmt.Errorf("line %d: there are more than %d attempts", line, maxRecorded)
		}
		attempts = append(attempts, a)
	}
	return header, attempts, lines.Err()
}
