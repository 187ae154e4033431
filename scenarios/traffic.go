package scenarios

import (
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/internal/api"
	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/scenarios/internal/patience"
)

// listJobs is the API's route of lists of jobs.
const listJobs = "GET scraping-jobs"

// callsKept bounds the API calls that are remembered of one job; more are
// only counted.
const callsKept = 200

// traffic remembers what passed between the receiver and us, by job, and
// breaks the downloads that a scenario wants broken.
type traffic struct {
	rhythm *patience.Rhythm // is told what the receiver does

	mu    sync.Mutex
	jobs  map[int64]*jobTraffic
	total int // API calls, of any job
	lists int // of them, for lists of jobs
	wrong int // of them, with a wrong token
}

type jobTraffic struct {
	open      map[uint64]api.Call // calls under way
	calls     []api.Call          // ended
	count     int                 // calls begun
	last      time.Time           // when the last answer or call ended
	changed   time.Time           // when the job last changed
	downloads int                 // complete ones that began after that
	tried     int                 // downloads that ended in any way
	faults    []fault.Fault       // for the next downloads, in order
	asked     []fault.Fault       // for the next calls about the job itself, in order
	deletes   []fault.Fault       // for the next DELETEs, in order
	failing   *fault.Fault        // for every download; nil: none
	broken    bool                // there were faults for it
	deletion  *heldDelete         // for the next DELETE
}

func newTraffic(rhythm *patience.Rhythm) *traffic {
	return &traffic{rhythm: rhythm, jobs: map[int64]*jobTraffic{}}
}

func (t *traffic) jobLocked(id int64) *jobTraffic {
	j := t.jobs[id]
	if j == nil {
		j = &jobTraffic{open: map[uint64]api.Call{}}
		t.jobs[id] = j
	}
	return j
}

// observe is told of every call, at its begin and at its end.
func (t *traffic) observe(c api.Call) {
	t.mu.Lock()
	defer t.mu.Unlock()
	j := t.jobLocked(c.JobID)
	if c.Ended.IsZero() {
		t.rhythm.Call(c.JobID, c.Began)
		t.total++
		if c.Method == http.MethodGet && c.Route == listJobs {
			t.lists++
		}
		j.count++
		j.open[c.Number] = c
		return
	}
	t.rhythm.Called(c.JobID, c.Ended, c.Download(), c.Complete && c.Status == http.StatusOK)
	if c.Status == http.StatusUnauthorized {
		t.wrong++
	}
	delete(j.open, c.Number)
	j.last = later(j.last, c.Ended)
	if c.Download() {
		j.tried++
		if c.Complete && c.Status == http.StatusOK && !c.Began.Before(j.changed) {
			j.downloads++
		}
	}
	if len(j.calls) < callsKept {
		j.calls = append(j.calls, c)
	}
}

// fault decides what goes wrong with a call.
func (t *traffic) fault(c api.Call) fault.Fault {
	t.mu.Lock()
	defer t.mu.Unlock()
	j := t.jobLocked(c.JobID)
	if d := j.deletion; d != nil && c.Method == http.MethodDelete {
		j.deletion = nil
		close(d.arrived)
		return d.hold
	}
	next := &j.asked
	switch {
	case c.Method == http.MethodDelete:
		next = &j.deletes
	case c.Download():
		next = &j.faults
	}
	switch {
	case c.Download() && j.failing != nil:
		return *j.failing
	case c.JobID == 0 || c.Method != http.MethodGet && c.Method != http.MethodDelete || len(*next) == 0:
		return fault.Fault{}
	}
	f := (*next)[0]
	*next = (*next)[1:]
	return f
}

// breakCalls makes the next calls about a job itself go wrong, one fault each.
func (t *traffic) breakCalls(job int64, faults ...fault.Fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	j := t.jobLocked(job)
	j.asked, j.broken = append(j.asked, faults...), true
}

// breakDeletes makes the next DELETEs of a job go wrong, one fault each.
func (t *traffic) breakDeletes(job int64, faults ...fault.Fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	j := t.jobLocked(job)
	j.deletes = append(j.deletes, faults...)
}

// failDownloads makes every download of a job go wrong; nil: none any more.
func (t *traffic) failDownloads(job int64, f *fault.Fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	j := t.jobLocked(job)
	j.failing, j.broken = f, true
}

// breakDownloads makes the next downloads of a job go wrong, one fault each.
func (t *traffic) breakDownloads(job int64, faults ...fault.Fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	j := t.jobLocked(job)
	j.faults, j.broken = append(j.faults, faults...), true
}

// holdDelete makes a DELETE of the job wait until release is closed, but no
// longer than limit. arrived is closed when it comes.
func (t *traffic) holdDelete(job int64, limit time.Duration) (arrived <-chan struct{}, release chan<- struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	come, released := make(chan struct{}), make(chan struct{})
	t.jobLocked(job).deletion = &heldDelete{come, fault.Fault{Kind: fault.Stall, Delay: limit, Release: released}}
	return come, released
}

// heldDelete is a DELETE that a scenario waits for.
type heldDelete struct {
	arrived chan struct{}
	hold    fault.Fault
}

// changed forgets the downloads of a job, because it is another one now.
func (t *traffic) changed(job int64, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	j := t.jobLocked(job)
	j.changed, j.downloads = at, 0
}

// answered notes the end of a request to the endpoint.
func (t *traffic) answered(job int64, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	j := t.jobLocked(job)
	j.last = later(j.last, at)
}

// state is what a scenario may want to know of a job's traffic.
type state struct {
	count, downloads, tried int
	downloading, broken     bool
	quietSince              time.Time // now, while a call is under way
}

func (t *traffic) state(job int64, now time.Time) state {
	t.mu.Lock()
	defer t.mu.Unlock()
	j := t.jobLocked(job)
	s := state{count: j.count, downloads: j.downloads, tried: j.tried, quietSince: j.last, broken: j.broken}
	for _, c := range j.open {
		s.quietSince = now
		s.downloading = s.downloading || c.Download()
	}
	return s
}

// calls returns the calls about a job in the order of their beginning, also
// those that are still under way, and how many more there were.
func (t *traffic) calls(job int64) (calls []api.Call, more int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	j := t.jobLocked(job)
	calls = slices.AppendSeq(slices.Clone(j.calls), maps.Values(j.open))
	slices.SortFunc(calls, func(a, b api.Call) int { return a.Began.Compare(b.Began) })
	return calls, j.count - len(calls)
}

// seen returns the number of API calls so far, of any job.
func (t *traffic) seen() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.total
}

// unauthorized returns the number of calls so far that had a wrong token.
func (t *traffic) unauthorized() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.wrong
}

// listed returns the number of calls so far that asked for a list of jobs.
func (t *traffic) listed() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lists
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
