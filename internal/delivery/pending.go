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
	// Form is sent in place of the notification's, if Edited.
	Form   string
	Edited bool
	// Of is the delivery that this one was made of by hand; 0: none.
	Of uint64
	// Postponed: a mishap has had it wait once, and does not again.
	Postponed bool
}

// form is the body that is sent.
func (p Pending) form(profile webhook.Profile) []byte {
	if p.Edited {
		return []byte(p.Form)
	}
	return profile.AppendForm(nil, p.Notification)
}

// Before orders by when it is due, then by delivery.
func (p Pending) Before(other Pending) bool {
	if c := p.Due.Compare(other.Due); c != 0 {
		return c < 0
	}
	return p.Delivery < other.Delivery
}
