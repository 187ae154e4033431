// Package sending delivers one notification as the cloud would, and shows each
// attempt.
package sending

import (
	"context"
	"slices"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/webhook"
)

// Delivered is all that became of one notification.
type Delivered struct {
	Attempts []delivery.Attempt
	Pending  []delivery.Pending // what an interruption left
}

// Deliver delivers n and tells view of each attempt as it ends. It returns
// when n is acknowledged or given up, or when ctx ends.
func Deliver(ctx context.Context, cfg delivery.Config, url string, n webhook.Notification, view *View) (Delivered, error) {
	attempts := make(chan delivery.Attempt) // read until Run has returned
	cfg.OnAttempt = func(a delivery.Attempt) { attempts <- a }
	sender, err := delivery.New(cfg)
	if err != nil {
		return Delivered{}, err
	}
	if _, err := sender.Send(url, n); err != nil {
		return Delivered{}, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- sender.Run(ctx) }()

	second := time.NewTicker(time.Second)
	defer second.Stop()
	var s Delivered
	view.redraw(s.Attempts, time.Now())
	for {
		select {
		case a := <-attempts:
			s.Attempts = append(s.Attempts, a)
			view.attempt(a)
			if a.Resend.IsZero() {
				stop()
				continue
			}
			view.redraw(s.Attempts, time.Now())
		case now := <-second.C:
			view.redraw(s.Attempts, now)
		case err := <-done:
			s.Pending = sender.Pending()
			view.line.Clear()
			return s, err
		}
	}
}

// Outcome is how the delivery as a whole ended.
type Outcome string

// How a delivery can end.
const (
	Acknowledged Outcome = "acknowledged"
	GivenUp      Outcome = "given_up"
	Unreachable  Outcome = "unreachable"
	Interrupted  Outcome = "interrupted"
)

// Outcome says how it ended.
func (s Delivered) Outcome() Outcome {
	reached := func(a delivery.Attempt) bool {
		silent := a.Reason == delivery.Timeout && a.Connected.IsZero()
		return a.Reason != delivery.Refused && a.Reason != delivery.Lookup && a.Reason != delivery.Local && !silent
	}
	switch {
	case len(s.Pending) > 0:
		return Interrupted
	case s.Attempts[len(s.Attempts)-1].Reason == delivery.Acked:
		return Acknowledged
	case !slices.ContainsFunc(s.Attempts, reached):
		return Unreachable
	}
	return GivenUp
}
