package traffic

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/simulator/delivery"
	"github.com/scrapehook/scrapehook/webhook"
)

// Recording is a record as a [Script]: each attempt that was made is made once
// more, at its time. Resends are in it, so none is to be added: its profile
// should have a single attempt.
type Recording struct {
	// Header is the record's.
	Header Header

	attempts []recorded // by the time they were sent
	speed    float64

	mu      sync.Mutex
	same    int64
	changed map[Change]int64
}

// Change is another outcome than the recorded one.
type Change struct {
	Before string `json:"before"` // such as "acked 204"
	After  string `json:"after"`
}

// Replayed is how the outcomes of a replay compare with the recorded ones.
type Replayed struct {
	Same    int64     `json:"same"`
	Changed int64     `json:"changed"`
	Changes []Counted `json:"changes"` // the most frequent one first
}

// Counted is a change with how often it happened.
type Counted struct {
	Change
	Count int64 `json:"count"`
}

// ReadRecording reads a record to be replayed speed times as fast. Attempts
// that were canceled say nothing of the endpoint and are left out.
func ReadRecording(r io.Reader, speed float64) (*Recording, error) {
	if !(speed > 0) {
		return nil, fmt.Errorf("a speed of %v, and it must be above 0", speed)
	}
	header, attempts, err := readRecord(r)
	if err != nil {
		return nil, fmt.Errorf("reading the record: %w", err)
	}
	attempts = slices.DeleteFunc(attempts, func(a recorded) bool { return a.Reason == delivery.Canceled })
	if len(attempts) == 0 {
		return nil, errors.New("reading the record: there is no attempt in it")
	}
	slices.SortStableFunc(attempts, func(a, b recorded) int { return cmp.Compare(a.Sent, b.Sent) })
	return &Recording{Header: header, attempts: attempts, speed: speed, changed: map[Change]int64{}}, nil
}

// Jobs yields each attempt with its time from the first one.
func (rec *Recording) Jobs() iter.Seq2[int64, time.Duration] {
	return func(yield func(int64, time.Duration) bool) {
		for i := range rec.attempts {
			if !yield(int64(i), rec.at(i)) {
				return
			}
		}
	}
}

func (rec *Recording) at(i int) time.Duration {
	return time.Duration(float64(rec.attempts[i].Sent-rec.attempts[0].Sent) / rec.speed * float64(time.Microsecond))
}

// Span is when the last attempt is due.
func (rec *Recording) Span() time.Duration { return rec.at(len(rec.attempts) - 1) }

// Scheme describes the replay.
func (rec *Recording) Scheme(name string) Scheme {
	return Scheme{Arrivals: "record:" + name, Jobs: int64(len(rec.attempts)), Shard: 1, Shards: 1}
}

// Job returns an attempt as a job of its own. What was unusual about the way it
// was sent is so again.
func (rec *Recording) Job(index int64) Job {
	a := &rec.attempts[index]
	j := Job{Index: index}
	j.Notification, _ = webhook.ParseForm([]byte(a.Form)) // what is malformed has none
	switch {
	case a.Special == Malformed.String():
		j.Special = Malformed
	case a.Special == Slow.String():
		j.Special = Slow
	case a.Reason == delivery.Dropped:
		j.Special = Lost
	}
	return j
}

// AppendForm appends the recorded bytes.
func (rec *Recording) AppendForm(dst []byte, j Job, _ Part) []byte {
	return append(dst, rec.attempts[j.Index].Form...)
}

// maxChanges is how many different changes are told apart.
const maxChanges = 100

// Compare takes an attempt of the replay. It is safe for concurrent use.
func (rec *Recording) Compare(a Attempt) {
	was := &rec.attempts[a.Job.Index]
	change := Change{outcomeText(was.Reason, was.Code), outcomeText(a.Reason, a.Code)}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if change.Before == change.After {
		rec.same++
		return
	}
	if _, known := rec.changed[change]; !known && len(rec.changed) >= maxChanges {
		change = Change{"other", "other"}
	}
	rec.changed[change]++
}

func outcomeText(reason delivery.Reason, code int) string {
	if reason == delivery.Dropped {
		return "lost" // as in the counts; "dropped" is what was not sent
	}
	if code == 0 {
		return string(reason)
	}
	return fmt.Sprintf("%s %d", reason, code)
}

// Replayed returns the comparison so far.
func (rec *Recording) Replayed() *Replayed {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	r := &Replayed{Same: rec.same, Changes: []Counted{}}
	for _, change := range slices.SortedFunc(maps.Keys(rec.changed), func(a, b Change) int {
		return cmp.Or(cmp.Compare(rec.changed[b], rec.changed[a]), strings.Compare(a.Before+a.After, b.Before+b.After))
	}) {
		r.Changed += rec.changed[change]
		r.Changes = append(r.Changes, Counted{change, rec.changed[change]})
	}
	return r
}
