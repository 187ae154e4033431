package patience

import (
	"sync"
	"time"
)

// Rhythm watches what a receiver does in a run, and learns how long it takes.
// It is safe for concurrent use. Its zero value is ready.
type Rhythm struct {
	mu      sync.Mutex
	jobs    map[int64]*job
	seen    Seen
	open    int           // calls for jobs that are under way
	delayed time.Time     // when we began last to hold the receiver up
	changed chan struct{} // closed at the next change; nil: nobody waits
}

// job is what is known of one job.
type job struct {
	acknowledged time.Time // its last acknowledgement that awaits an effect
	called       bool
	failed       time.Time // when its last call failed; zero: it did not
	rows         string    // what the probes showed last
	downloads    int       // complete ones since rows changed, or it was acknowledged
}

func (r *Rhythm) jobLocked(id int64) *job {
	j := r.jobs[id]
	if j == nil {
		if r.jobs == nil {
			r.jobs = map[int64]*job{}
		}
		j = &job{}
		r.jobs[id] = j
	}
	return j
}

// tellLocked wakes whoever waits for a change.
func (r *Rhythm) tellLocked() {
	if r.changed != nil {
		close(r.changed)
		r.changed = nil
	}
}

func (r *Rhythm) progressLocked(at time.Time) {
	if at.After(r.seen.Progress) {
		r.seen.Progress = at
	}
	r.tellLocked()
}

// Acknowledged notes that a notification of the job was acknowledged.
func (r *Rhythm) Acknowledged(id int64, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	j := r.jobLocked(id)
	j.acknowledged, j.downloads = at, 0
}

// Call notes that a call for the job has begun.
func (r *Rhythm) Call(id int64, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open++
	r.seen.Idle = time.Time{}
	j := r.jobLocked(id)
	if !j.failed.IsZero() {
		r.seen.SlowestRetry = max(r.seen.SlowestRetry, at.Sub(j.failed))
		j.failed = time.Time{}
	}
	if !j.called {
		j.called = true
		r.progressLocked(at)
	}
}

// mostDownloads is how many complete downloads of a job in a row are progress. A
// receiver that downloads it again and again, and has no row to show, is stuck.
const mostDownloads = 3

// Called notes that a call for the job has ended. download says that it was one of the
// job's data, ok that it succeeded as a whole.
func (r *Rhythm) Called(id int64, at time.Time, download, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.open--; r.open == 0 {
		r.seen.Idle = at
	}
	j := r.jobLocked(id)
	switch {
	case !ok:
		j.failed = at
	case download:
		if j.downloads++; j.downloads <= mostDownloads {
			r.progressLocked(at)
		}
	}
}

// Rows notes what the probes show of the job: any text that differs when what they
// show differs, and none for nothing.
func (r *Rhythm) Rows(id int64, at time.Time, rows string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if j := r.jobLocked(id); j.rows != rows {
		j.rows, j.downloads = rows, 0
		r.progressLocked(at)
	}
}

// aftermath is how long what we hold up holds up other jobs, at a guess.
const aftermath = 20 * time.Second

// Imported notes that the job's whole effect was seen. An effect that needed a retry, or
// came while we held the receiver up, says nothing about how long an import
// takes.
func (r *Rhythm) Imported(id int64, at time.Time, retried bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	j := r.jobLocked(id)
	if !retried && !j.acknowledged.IsZero() && !r.delayed.Add(aftermath).After(j.acknowledged) {
		r.seen.SlowestImport = max(r.seen.SlowestImport, at.Sub(j.acknowledged))
	}
	j.acknowledged = time.Time{}
	r.progressLocked(at)
}

// Started notes that the receiver was started, or started again.
func (r *Rhythm) Started(at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.progressLocked(at)
}

// Delay notes that we hold the receiver up for that long.
func (r *Rhythm) Delay(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen.Delayed += d; d > 0 {
		r.delayed = time.Now()
	}
	r.tellLocked()
}

// GaveUp notes that something of that kind was awaited in vain.
func (r *Rhythm) GaveUp(k Kind) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if k == Retry && !r.seen.NoRetry {
		r.seen.NoRetry = true
		r.tellLocked()
	}
}

// Fail notes that a MUST has failed.
func (r *Rhythm) Fail() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen.Failed = true
	r.tellLocked()
}

// Seen is what is known now, and a channel that is closed when it changes.
func (r *Rhythm) Seen() (Seen, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.changed == nil {
		r.changed = make(chan struct{})
	}
	return r.seen, r.changed
}
