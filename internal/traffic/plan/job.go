package plan

import (
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// Job is one job of a plan.
type Job struct {
	Index   int64
	Special Special
	// Notification is the job's first one. A malformed form is made from it.
	Notification webhook.Notification
	// Wait is how long the second notification waits, if there is one: from the
	// planned moment of the first one for a job that is [Concurrent] or [Late],
	// and from the end of its delivery for one that is [Again] or [Continued].
	Wait    time.Duration
	sitemap int
}

// Sitemap is the index of the job's sitemap among [Plan.SitemapNames].
func (j Job) Sitemap() int { return j.sitemap }

// Part is which of a job's notifications is meant.
type Part uint8

// The notifications of a job; only the first is there in any case.
const (
	First Part = iota
	// Copy is the one of a job that is [Again], [Concurrent] or [Late].
	Copy
	// Continuation is the second one of a job that is [Continued].
	Continuation
)

var partNames = [...]string{"first", "copy", "continuation"}

func (p Part) String() string { return partNames[p] }

// Second returns what a job has beside its first notification, if anything.
func (j Job) Second() (Part, bool) {
	switch j.Special {
	case Again, Concurrent, Late:
		return Copy, true
	case Continued:
		return Continuation, true
	case Plain, Lost, Malformed, Slow:
	}
	return First, false
}

// Notified returns the notification that part bears.
func (j Job) Notified(part Part) webhook.Notification {
	n := j.Notification
	if part == Continuation {
		n.Status = webhook.Finished
	}
	return n
}
