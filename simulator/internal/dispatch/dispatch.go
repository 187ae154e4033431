// Package dispatch is what a user does to deliveries by hand: send one again, or
// make another one of it. The control API and the console call the same verbs.
package dispatch

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/delivery/history"
	"github.com/scrapehook/scrapehook/webhook"
)

// Dispatcher has the verbs. All fields are required.
type Dispatcher struct {
	Profile webhook.Profile
	Sender  *delivery.Sender
	History *history.History
}

var (
	// ErrUnderWay means that the delivery can't be hastened while it is attempted.
	ErrUnderWay = errors.New("the delivery is under way")
	// ErrForgotten means that the history does not remember the delivery.
	ErrForgotten = errors.New("the delivery is not remembered")
)

// Resend makes a resend that waits due now. A delivery that has come to its end
// is sent once more, as a delivery of its own. It returns the number of the one
// that is sent.
func (d Dispatcher) Resend(number uint64) (uint64, error) {
	hastened, err := d.Sender.Hasten(number)
	if err != nil || hastened {
		return number, err
	}
	if slices.ContainsFunc(d.Sender.Pending(), func(p delivery.Pending) bool { return p.Delivery == number }) {
		return 0, ErrUnderWay
	}
	old := d.History.Delivery(number)
	if old == nil {
		return 0, fmt.Errorf("delivery %d: %w", number, ErrForgotten)
	}
	return d.Sender.Queue(delivery.Pending{
		URL: old.URL, Notification: old.Notification, Form: old.Form, Edited: old.Edited, Of: number,
	}, 0)
}

// Edit says how a delivery is to differ from the one that it is made of. The zero
// value is a copy.
type Edit struct {
	// URL is another endpoint; empty is the same.
	URL string
	// Form, if not nil, is the whole form, as it is sent. What follows is done to
	// it, or else to the form of the older delivery.
	Form *string
	// Set changes or adds fields, Drop leaves fields out, Double has fields twice.
	Set          map[string]string
	Drop, Double []string
	// Copies are sent at the same moment; 0 is one.
	Copies int
	// Delay is how late they are sent, by the cloud's clock.
	Delay time.Duration
}

// The bounds of an [Edit].
const (
	MaxCopies = 100
	MaxDelay  = 30 * 24 * time.Hour
	MaxForm   = 1 << 20 // bytes
)

// Form returns the form of a delivery, as its next attempt would send it.
func (d Dispatcher) Form(of *history.Delivery) string {
	if of.Edited {
		return of.Form
	}
	return string(d.Profile.AppendForm(nil, of.Notification))
}

// SendEdited makes deliveries of an older one, and returns their numbers. They
// are resent like others. A field that makes no sense is a [history.FieldError],
// and then nothing is sent. With any other error some may be on their way: those
// whose numbers are returned.
func (d Dispatcher) SendEdited(number uint64, e Edit) (sent []uint64, err error) {
	old := d.History.Delivery(number)
	if old == nil {
		return nil, fmt.Errorf("delivery %d: %w", number, ErrForgotten)
	}
	form, err := e.form(d.Form(old))
	if err != nil {
		return nil, err
	}
	p := delivery.Pending{URL: old.URL, Notification: old.Notification, Form: form, Edited: true, Of: number}
	if e.URL != "" {
		p.URL = e.URL
	}
	if n, err := webhook.ParseForm([]byte(form)); err == nil {
		p.Notification = n // for the lists: else they show the older one's
	}
	if err := e.check(p.URL); err != nil {
		return nil, err
	}
	for range max(1, e.Copies) {
		n, err := d.Sender.Queue(p, e.Delay)
		if err != nil {
			return sent, err
		}
		sent = append(sent, n)
	}
	return sent, nil
}

func (e Edit) check(url string) error {
	if err := delivery.CheckURL(url); err != nil {
		return &history.FieldError{Field: "url", Reason: err.Error()}
	}
	switch {
	case e.Copies < 0 || e.Copies > MaxCopies:
		return &history.FieldError{Field: "copies", Reason: fmt.Sprintf("%d is not from 1 to %d", e.Copies, MaxCopies)}
	case e.Delay < 0 || e.Delay > MaxDelay:
		return &history.FieldError{Field: "delay", Reason: fmt.Sprintf("%v is not from 0 to %v", e.Delay, MaxDelay)}
	}
	return nil
}
