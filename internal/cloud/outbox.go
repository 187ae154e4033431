package cloud

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// Waiting is a notification in the outbox: a job has ended, and the sender has
// not taken it yet.
type Waiting struct {
	// Sequence tells the outbox's entries apart. It is above 0 and grows.
	Sequence uint64
	// Endpoint is the URL that it is for.
	Endpoint string
	// Notification says how the job ended, whatever has become of it since.
	Notification webhook.Notification
	// Due is when the job ended.
	Due time.Time
}

// outbox holds what waits, for each endpoint by itself, so that one that takes
// nothing holds up no other.
type outbox struct {
	endpoints []string
	queues    map[string][]Waiting // none is empty
	last      uint64               // sequence number
	max       int                  // entries in a queue
	filled    chan struct{}        // has a token when something was added
}

func newOutbox(maxWaiting int) outbox {
	return outbox{queues: map[string][]Waiting{}, max: maxWaiting, filled: make(chan struct{}, 1)}
}

func (o *outbox) clear() { clear(o.queues) }

// entries are what a notification adds, one for each endpoint, or ErrFull. They
// are not added yet.
func (o *outbox) entries(n webhook.Notification, due time.Time) ([]Waiting, error) {
	entries := make([]Waiting, 0, len(o.endpoints))
	for i, url := range o.endpoints {
		if waiting := len(o.queues[url]); waiting >= o.max {
			// Its URL may bear a secret.
			return nil, fmt.Errorf("%w: %d notifications wait for endpoint %d already", ErrFull, waiting, i+1)
		}
		entries = append(entries, Waiting{o.last + uint64(i) + 1, url, n, due})
	}
	return entries, nil
}

// add adds entries that were made to last.
func (o *outbox) add(entries []Waiting) {
	for _, e := range entries {
		o.queues[e.Endpoint] = append(o.queues[e.Endpoint], e)
		o.last = max(o.last, e.Sequence)
	}
	if len(entries) > 0 {
		signal(o.filled)
	}
}

// signal leaves a token in a channel with room for one.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // there is one already
	}
}

// maxEndpoints bounds the endpoints: each has a queue and workers of its own.
const maxEndpoints = 100

// Endpoints are the URLs that ended jobs are notified to.
func (c *Cloud) Endpoints() []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return append([]string{}, c.outbox.endpoints...)
}

// SetEndpoints replaces the endpoints: jobs that end from now on are notified to
// these. What waits for another keeps its own. The URLs themselves are not
// checked. An endpoint that is given twice is an error.
func (c *Cloud) SetEndpoints(urls []string) error {
	if len(urls) > maxEndpoints {
		return fmt.Errorf("%d endpoints are more than %d", len(urls), maxEndpoints)
	}
	for i, url := range urls {
		if slices.Contains(urls[:i], url) {
			return fmt.Errorf("endpoint %d is the same as an earlier one", i+1) // its URL may bear a secret
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outbox.endpoints = slices.Clone(urls)
	return nil
}

// Filled has a token when notifications were added to the outbox since the last
// one was taken from it.
func (c *Cloud) Filled() <-chan struct{} { return c.outbox.filled }

// LookAgain has the sender look into the outbox again.
func (c *Cloud) LookAgain() { signal(c.outbox.filled) }

// WaitingFor returns the endpoints that notifications wait for, with how many.
func (c *Cloud) WaitingFor() map[string]int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	counts := make(map[string]int, len(c.outbox.queues))
	for url, queue := range c.outbox.queues {
		counts[url] = len(queue)
	}
	return counts
}

// Waiting returns up to limit of the notifications in the outbox, the oldest
// first, and how many there are; of one job, unless it is 0.
func (c *Cloud) Waiting(job int64, limit int) (oldest []Waiting, total int) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, queue := range c.outbox.queues {
		listed := 0
		for _, w := range queue {
			if job != 0 && w.Notification.JobID != job {
				continue
			}
			if total++; listed < limit {
				listed++
				oldest = append(oldest, w)
			}
		}
	}
	slices.SortFunc(oldest, func(a, b Waiting) int { return cmp.Compare(a.Sequence, b.Sequence) })
	return oldest[:min(limit, len(oldest))], total
}

// OldestDue is when the oldest notification became due that waits for an
// endpoint, false when none does.
func (c *Cloud) OldestDue(endpoint string) (time.Time, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	queue := c.outbox.queues[endpoint]
	if len(queue) == 0 {
		return time.Time{}, false
	}
	return queue[0].Due, true
}

// Take takes up to limit of the oldest notifications for an endpoint out of the
// outbox. record makes that last, together with what the taker does with them;
// with its error, which is returned, they stay. It is called under the cloud's
// lock, so it must not call the cloud; it is not called when nothing waits.
func (c *Cloud) Take(endpoint string, limit int, record func([]Waiting) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	queue := c.outbox.queues[endpoint]
	taken := queue[:min(limit, len(queue))]
	if len(taken) == 0 {
		return nil
	}
	if err := record(slices.Clone(taken)); err != nil {
		return fmt.Errorf("taking from the outbox: %w", err)
	}
	clear(taken) // lets go of their strings
	if queue = queue[len(taken):]; len(queue) == 0 {
		delete(c.outbox.queues, endpoint)
	} else {
		c.outbox.queues[endpoint] = queue
	}
	return nil
}
