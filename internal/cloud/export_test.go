package cloud

import (
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// Complete ends a job's run by itself, as [Cloud.Run] does when it is due, with
// a status as it may be drawn.
func (c *Cloud) Complete(id int64, drawn webhook.Status, at time.Time) error {
	_, err := c.advance(id, "completing", func(j *job, _ time.Time) []step {
		ending := c.natural(j, drawn)
		return []step{{to: ending.Status, at: at, ending: &ending}}
	})
	return err
}

// TakeDue takes the first step that is due.
func (c *Cloud) TakeDue() (bool, error) { return c.takeDue() }
