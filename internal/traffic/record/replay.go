package record

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

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/traffic/plan"
	"github.com/scrapehook/scrapehook/webhook"
)

// Replay sends what was recorded once more: the same bytes, each at its time.
// Resends are in the record, so none is to be added: its profile should have a
// single attempt.
type Replay struct {
	deliveries []line // by the time they were sent
	recorded   int64  // how many there were before a selection
	offset     int64  // of the job ids, 0: those that were recorded
	speed      float64

	mu      sync.Mutex
	same    int64
	changed map[Change]*Counted
}

// Change is another outcome than the recorded one.
type Change struct {
	Before string `json:"before"` // such as "acked 204"
	After  string `json:"after"`
}

// Replayed is how the outcomes of a replay compare with the recorded ones.
type Replayed struct {
	// Recorded is how many deliveries the record has, those included that were not
	// selected.
	Recorded int64 `json:"recorded"`
	// IDOffset is how much higher the job ids are than those that were recorded.
	IDOffset int64     `json:"id_offset,omitempty"`
	Same     int64     `json:"same"`
	Changed  int64     `json:"changed"`
	Changes  []Counted `json:"changes"` // the most frequent one first
}

// Counted is a change with how often it happened.
type Counted struct {
	Change
	Count int64 `json:"count"`
	// Jobs are the ids of the first jobs that it happened to, as recorded.
	Jobs []int64 `json:"jobs,omitempty"`
}

// maxJobs is how many jobs are named of each change.
const maxJobs = 5

// Read reads a record to be replayed speed times as fast. Attempts that were
// canceled say nothing of the endpoint and are left out, and so is what a tap saw
// that is not a form, or not there in full.
func Read(from io.Reader, speed float64) (*Replay, error) {
	if !(speed > 0) {
		return nil, fmt.Errorf("a speed of %v: it must be above 0", speed)
	}
	_, deliveries, err := read(from)
	if err != nil {
		return nil, fmt.Errorf("reading the record: %w", err)
	}
	deliveries = slices.DeleteFunc(deliveries, func(l line) bool { return l.Reason == delivery.Canceled || !l.Seen.sendable() })
	if len(deliveries) == 0 {
		return nil, errors.New("reading the record: there is no delivery in it")
	}
	slices.SortStableFunc(deliveries, func(a, b line) int { return cmp.Compare(a.Sent, b.Sent) })
	return &Replay{deliveries: deliveries, recorded: int64(len(deliveries)), speed: speed, changed: map[Change]*Counted{}}, nil
}

// Jobs yields each delivery with its time from the first one.
func (r *Replay) Jobs() iter.Seq2[int64, time.Duration] {
	return func(yield func(int64, time.Duration) bool) {
		for i := range r.deliveries {
			if !yield(int64(i), r.at(i)) {
				return
			}
		}
	}
}

func (r *Replay) at(i int) time.Duration {
	return time.Duration(float64(r.deliveries[i].Sent-r.deliveries[0].Sent) / r.speed * float64(time.Microsecond))
}

// Span is when the last delivery is due.
func (r *Replay) Span() time.Duration { return r.at(len(r.deliveries) - 1) }

// Scheme describes the replay.
func (r *Replay) Scheme(name string) plan.Scheme {
	return plan.Scheme{Arrivals: "record:" + name, Jobs: int64(len(r.deliveries)), Shard: 1, Shards: 1}
}

// Job returns a delivery as a job of its own. What was unusual about the way it
// was sent is so again.
func (r *Replay) Job(index int64) plan.Job {
	a := &r.deliveries[index]
	j := plan.Job{Index: index}
	j.Notification, _ = webhook.ParseForm([]byte(a.form())) // what is malformed has none
	switch {
	case a.Special == plan.Malformed.String():
		j.Special = plan.Malformed
	case a.Special == plan.Slow.String():
		j.Special = plan.Slow
	case a.Reason == delivery.Dropped:
		j.Special = plan.Lost
	}
	return j
}

// AppendForm appends the recorded bytes.
func (r *Replay) AppendForm(dst []byte, j plan.Job, _ plan.Part) []byte {
	return append(dst, r.deliveries[j.Index].form()...)
}

// maxChanges is how many different changes are told apart.
const maxChanges = 100

// Compare takes how a delivery of the replay ended. It is safe for concurrent use.
func (r *Replay) Compare(index int64, reason delivery.Reason, code int) {
	was := &r.deliveries[index]
	change := Change{outcomeText(was.Reason, was.Code), outcomeText(reason, code)}
	r.mu.Lock()
	defer r.mu.Unlock()
	if change.Before == change.After {
		r.same++
		return
	}
	if r.changed[change] == nil && len(r.changed) >= maxChanges {
		change = Change{"other", "other"}
	}
	counted := r.changed[change]
	if counted == nil {
		counted = &Counted{Change: change}
		r.changed[change] = counted
	}
	counted.Count++
	if id, _, _ := idIn(was.form()); id > 0 && len(counted.Jobs) < maxJobs && !slices.Contains(counted.Jobs, id-r.offset) {
		counted.Jobs = append(counted.Jobs, id-r.offset)
	}
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
func (r *Replay) Replayed() *Replayed {
	r.mu.Lock()
	defer r.mu.Unlock()
	result := &Replayed{Recorded: r.recorded, IDOffset: r.offset, Same: r.same, Changes: []Counted{}}
	for _, change := range slices.SortedFunc(maps.Keys(r.changed), func(a, b Change) int {
		return cmp.Or(cmp.Compare(r.changed[b].Count, r.changed[a].Count), strings.Compare(a.Before+a.After, b.Before+b.After))
	}) {
		result.Changed += r.changed[change].Count
		counted := *r.changed[change]
		counted.Jobs = slices.Clone(counted.Jobs) // the replay may go on
		result.Changes = append(result.Changes, counted)
	}
	return result
}
