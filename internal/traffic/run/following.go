package run

import (
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/traffic/plan"
	"github.com/scrapehook/scrapehook/internal/traffic/report"
	"github.com/scrapehook/scrapehook/webhook"
)

// following says how an attempt leaves its notification, and if that goes on,
// how long after the attempt's end the next one is due.
func following(profile *webhook.Profile, a *report.Attempt) (delay time.Duration, e report.Ending) {
	switch {
	case a.Reason == delivery.Canceled:
		return 0, report.Unfinished
	case a.Job.Special == plan.Malformed:
		// It is not a notification, so no rule resends it.
		if a.Reason == delivery.Acked || a.Reason == delivery.Rejected {
			return 0, report.Answered
		}
		return 0, report.GivenUp
	case a.Reason == delivery.Acked:
		return 0, report.Delivered
	}
	delay, ok := profile.ResendDelay(a.Number)
	if !ok {
		return 0, report.GivenUp
	}
	return delay, report.Pending
}

// release makes the second notification of j pending that waited for the end of
// the first one, e, however that was.
func (r *Runner) release(e entry, j plan.Job, t *report.Tally) {
	if part, ok := waitsFor(e, j); ok {
		r.later(entry{r.since() + j.Wait, refTo(j.Index, e.ref.warm(), part, 1)}, t)
	}
}

// waitsFor returns the part of the notification that waits for the end of e's,
// which is of j, if one does.
func waitsFor(e entry, j plan.Job) (plan.Part, bool) {
	if e.ref.part() != plan.First {
		return plan.First, false
	}
	part, _ := j.Second()
	return part, j.Special == plan.Again || j.Special == plan.Continued
}

// later keeps a send until it is due. What does not fit any more is dropped.
func (r *Runner) later(e entry, t *report.Tally) {
	r.mu.Lock()
	if r.pending.Len() >= r.cfg.MaxPending {
		r.mu.Unlock()
		r.drop(e, t)
		return
	}
	r.pending.Push(e)
	next, _ := r.pending.Peek()
	r.mu.Unlock()
	if next == e {
		r.notify()
	}
}

// drop gives up a notification because there is no room for its next send.
func (r *Runner) drop(e entry, t *report.Tally) {
	t.Dropped(e.ref.warm())
	r.release(e, r.cfg.Script.Job(e.ref.index()), t)
}

// leave accounts for a send that an interruption prevented.
func (r *Runner) leave(e entry, t *report.Tally) {
	t.Unsent(e.ref.warm())
	r.leaveSecond(e, t)
}

// leaveSecond is leave for the notification that waited for the end of e's.
func (r *Runner) leaveSecond(e entry, t *report.Tally) {
	if _, ok := waitsFor(e, r.cfg.Script.Job(e.ref.index())); ok {
		t.Unsent(e.ref.warm())
	}
}
