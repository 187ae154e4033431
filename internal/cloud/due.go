package cloud

import (
	"time"

	"github.com/scrapehook/scrapehook/internal/duequeue"
)

// dueKey says what is due: the next step of a job, or a sitemap's scheduler.
type dueKey struct {
	kind string // KindJob or KindSitemap
	id   int64
}

// dueItem is when something is due.
type dueItem struct {
	dueKey
	at time.Time
}

// Before orders by time. What is due at the same time comes in the order of ids,
// so that equal seeds give equal clouds.
func (i dueItem) Before(other dueItem) bool {
	if c := i.at.Compare(other.at); c != 0 {
		return c < 0
	}
	return i.id < other.id
}

// dueQueue says what is due when: at most one time for each job and each
// sitemap, so it is bounded as they are.
type dueQueue struct {
	at map[dueKey]time.Time
	// heap may hold items that at knows nothing of any more; they are dropped
	// when they come to the front, or when they are too many.
	heap duequeue.Queue[dueItem]
}

func (q *dueQueue) clear() { *q = dueQueue{at: map[dueKey]time.Time{}} }

// set says when the key is due.
func (q *dueQueue) set(key dueKey, at time.Time) {
	if before, known := q.at[key]; known && before.Equal(at) {
		return
	}
	q.at[key] = at
	q.heap.Push(dueItem{key, at})
	const slack = 1000
	if q.heap.Len() > 2*len(q.at)+slack {
		q.heap = duequeue.Queue[dueItem]{}
		for key, at := range q.at {
			q.heap.Push(dueItem{key, at})
		}
	}
}

// remove says that the key is not due.
func (q *dueQueue) remove(key dueKey) { delete(q.at, key) }

// first is what is due first, and whether anything is.
func (q *dueQueue) first() (dueItem, bool) {
	for {
		item, ok := q.heap.Peek()
		if !ok {
			return dueItem{}, false
		}
		if at, known := q.at[item.dueKey]; known && at.Equal(item.at) {
			return item, true
		}
		q.heap.Pop()
	}
}

// retryDelay is how long it takes in real time until a step that failed is tried
// again.
const retryDelay = time.Second

// retries are the steps that failed. They wait in real time: a simulated delay
// would be none at a high time scale, and would never end while the clock is
// paused.
type retries struct {
	queue  []retry // in the order of their times, each key at most once
	queued map[dueKey]bool
	// failing are the keys whose last step failed: that is told once.
	failing map[dueKey]bool
}

type retry struct {
	dueKey
	at time.Time // real
}

func (r *retries) clear() {
	*r = retries{queued: map[dueKey]bool{}, failing: map[dueKey]bool{}}
}

// add queues a step that failed, and reports whether it is the first time.
func (r *retries) add(key dueKey, now time.Time) (first bool) {
	if !r.queued[key] {
		r.queued[key] = true
		r.queue = append(r.queue, retry{key, now.Add(retryDelay)})
	}
	first = !r.failing[key]
	r.failing[key] = true
	return first
}

// succeeded notes that a step of the key was taken, or that the key is gone.
func (r *retries) succeeded(key dueKey) { delete(r.failing, key) }

// pop takes the first retry that is due by now.
func (r *retries) pop(now time.Time) (dueKey, bool) {
	if len(r.queue) == 0 || r.queue[0].at.After(now) {
		return dueKey{}, false
	}
	key := r.queue[0].dueKey
	r.queue = r.queue[1:]
	delete(r.queued, key)
	return key, true
}
