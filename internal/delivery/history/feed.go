package history

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// feedSize is how many changes a subscriber may be behind before it must list
// anew.
const feedSize = 16 << 10

// feed is the last changes, for subscribers of any speed: each keeps nothing but
// its place, so a slow one holds nobody up.
type feed struct {
	last    uint64 // number of the last change
	from    uint64 // changes up to this one are not known any more
	numbers [feedSize]uint64
	more    chan struct{} // closed by the next change; nil: nobody waits
}

func (f *feed) add(delivery uint64) {
	f.last++
	f.numbers[f.last%feedSize] = delivery
	if f.last > feedSize {
		f.from = max(f.from, f.last-feedSize)
	}
	f.wake()
}

// clear makes everybody list anew.
func (f *feed) clear() {
	f.last++
	f.from = f.last
	f.wake()
}

func (f *feed) wake() {
	if f.more != nil {
		close(f.more)
		f.more = nil
	}
}

// Changes are what has changed since a subscriber last asked.
type Changes struct {
	// ID is that of the last change, to go on after it.
	ID string
	// Deliveries that have changed, each once, as they are by now, in the order
	// of their last changes.
	Deliveries []*Delivery
	// Lost: more has changed than is known. List anew: whatever changes after
	// that list was begun is told from here on.
	Lost bool
}

// Subscription is one subscriber's place among the changes. It needs no end, and
// is for one goroutine.
type Subscription struct {
	h    *History
	last uint64
	lost bool
}

// Subscribe begins after the change of an id of [Changes], or now for "". List
// after it, and nothing is missed. An id that is too old, or is of another
// process, is told as lost by the first Next.
func (h *History) Subscribe(after string) *Subscription {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := &Subscription{h: h, last: h.feed.last}
	if after == "" {
		return s
	}
	life, text, _ := strings.Cut(after, "-")
	number, err := strconv.ParseUint(text, 10, 64)
	if s.lost = life != h.life || err != nil || number < h.feed.from || number > h.feed.last; !s.lost {
		s.last = number
	}
	return s
}

// ID is that of the last change that was told.
func (s *Subscription) ID() string { return fmt.Sprintf("%s-%d", s.h.life, s.last) }

// Next waits for changes and returns all there are. Its error is ctx's. Who asks
// seldom gets few and large answers: a pause between two calls of Next costs
// nobody anything.
func (s *Subscription) Next(ctx context.Context) (Changes, error) {
	for {
		c, more := s.take()
		if c.Lost || len(c.Deliveries) > 0 {
			return c, nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return Changes{}, ctx.Err()
		}
	}
}

// take returns the changes that there are, and what the next one closes.
func (s *Subscription) take() (c Changes, more <-chan struct{}) {
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	f := &s.h.feed
	if f.more == nil {
		f.more = make(chan struct{})
	}
	c.Lost = s.lost || s.last < f.from
	if !c.Lost {
		seen := map[uint64]bool{}
		for at := f.last; at > s.last; at-- {
			number := f.numbers[at%feedSize]
			if e := s.h.byNumber[number]; e != nil && !seen[number] {
				c.Deliveries = append(c.Deliveries, e.Delivery)
			}
			seen[number] = true
		}
		slices.Reverse(c.Deliveries)
	}
	s.last, s.lost = f.last, false
	c.ID = s.ID()
	return c, f.more
}
