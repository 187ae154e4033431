package cloud

import (
	"time"

	"github.com/scrapehook/scrapehook/internal/duequeue"
	"github.com/scrapehook/scrapehook/webhook"
)

// Upcoming is what happens next by itself: a job's next step, or a job that a
// sitemap's scheduler makes.
type Upcoming struct {
	At          time.Time
	Job         int64 // 0: a scheduler's
	SitemapID   int64
	SitemapName string
	// To is the status that the job comes to; finished stands for any end of a
	// run, which is found when it comes.
	To webhook.Status
}

// place is an entry of a heap with its index.
type place struct {
	dueItem
	index int
}

func (p place) Before(other place) bool { return p.dueItem.Before(other.dueItem) }

// Upcoming returns up to limit of what happens next, in its order. Its time
// hardly depends on how much there is.
func (c *Cloud) Upcoming(limit int) []Upcoming {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var found []Upcoming
	// The heap itself is walked: what comes next is below something that was
	// before it.
	heap := c.due.heap.All()
	var next duequeue.Queue[place]
	push := func(i int) {
		if i < len(heap) {
			next.Push(place{heap[i], i})
		}
	}
	push(0)
	seen := map[dueKey]bool{}
	for next.Len() > 0 && len(found) < limit {
		p := next.Pop()
		push(2*p.index + 1)
		push(2*p.index + 2)
		if at, known := c.due.at[p.dueKey]; !known || !at.Equal(p.at) || seen[p.dueKey] {
			continue // it was planned otherwise since
		}
		seen[p.dueKey] = true
		if u, ok := c.upcomingLocked(p.dueItem); ok {
			found = append(found, u)
		}
	}
	return found
}

func (c *Cloud) upcomingLocked(item dueItem) (Upcoming, bool) {
	if item.kind == KindSitemap {
		m, err := c.sitemaps.get(item.id)
		if err != nil {
			return Upcoming{}, false
		}
		return Upcoming{At: item.at, SitemapID: m.ID, SitemapName: m.Name, To: webhook.WaitingToBeScheduled}, true
	}
	j, err := c.jobs.get(item.id)
	if err != nil {
		return Upcoming{}, false
	}
	to, _, ok := c.nextStep(j)
	return Upcoming{At: item.at, Job: j.ID, SitemapID: j.SitemapID, SitemapName: j.SitemapName, To: to}, ok
}
