package delivery

import (
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// Pending is a notification that is neither acknowledged nor given up: it is
// queued, under way, or waits for its resend.
type Pending struct {
	Delivery     uint64
	URL          string
	Notification webhook.Notification
	// Attempt is the number of the next attempt, or of the one under way.
	Attempt int
	Due     time.Time
}

// queue holds what waits as a binary heap in an array, the first to be due at
// its front. A heap instead of a timer each: see the design's measurements; by
// hand, because container/heap would allocate for every push.
type queue []Pending

// before orders by when it is due, then by delivery.
func (q queue) before(i, j int) bool {
	if c := q[i].Due.Compare(q[j].Due); c != 0 {
		return c < 0
	}
	return q[i].Delivery < q[j].Delivery
}

func (q *queue) push(p Pending) {
	*q = append(*q, p)
	h := *q
	for i := len(h) - 1; i > 0; {
		parent := (i - 1) / 2
		if !h.before(i, parent) {
			break
		}
		h[i], h[parent] = h[parent], h[i]
		i = parent
	}
}

// pop takes the front of a queue that is not empty.
func (q *queue) pop() Pending {
	h := *q
	front, last := h[0], len(h)-1
	h[0], h[last] = h[last], Pending{} // lets go of its strings
	h = h[:last]
	*q = h
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(h); child++ {
			if h.before(child, least) {
				least = child
			}
		}
		if least == i {
			return front
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}
