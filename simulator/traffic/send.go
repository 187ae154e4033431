package traffic

import (
	"context"
	"fmt"
	"time"

	"github.com/scrapehook/scrapehook/simulator/delivery"
	"github.com/scrapehook/scrapehook/webhook"
)

// handOut plans the notifications of a job that is due and hands them out.
func (r *Runner) handOut(ctx context.Context, index int64, at time.Duration) {
	j := r.cfg.Script.Job(index)
	warm := at < r.cfg.Warmup
	r.tally.count(warm, func(c *Counts) { c.plan(j) })
	r.mu.Lock()
	r.jobs++
	r.outstanding++
	r.mu.Unlock()
	if part, _ := j.Second(); j.Special == Late || j.Special == Concurrent {
		r.later(entry{at + j.Wait, refTo(index, warm, part, 1)})
	}
	r.dispatch(ctx, entry{at, refTo(index, warm, First, 1)})
}

// dispatch passes a send that is due, and outstanding, to the connections.
func (r *Runner) dispatch(ctx context.Context, e entry) {
	if r.cfg.Closed {
		select {
		case r.ready <- e:
		case <-ctx.Done():
			r.leave(e)
			r.done()
		}
		return
	}
	select {
	case r.ready <- e:
	default: // an open loop waits for nobody
		r.drop(e)
		r.done()
	}
}

// send is one connection: it performs one send after the other.
func (r *Runner) send(ctx context.Context) {
	var form []byte
	for e := range r.ready {
		if ctx.Err() != nil {
			r.leave(e)
		} else {
			form = r.perform(ctx, e, form)
		}
		r.done()
	}
}

// perform performs a send. It returns a form that may be overwritten, as
// scratch is.
func (r *Runner) perform(ctx context.Context, e entry, scratch []byte) []byte {
	a := Attempt{
		Job: r.cfg.Script.Job(e.ref.index()), Part: e.ref.part(), Number: e.ref.attempt(),
		Warm: e.ref.warm(), Planned: e.due,
	}
	if a.Number == 1 && r.cfg.Announce != nil {
		if err := r.cfg.Announce(a.Job, a.Part); err != nil {
			r.fail(fmt.Errorf("announcing job %d: %w", a.Job.Notification.JobID, err))
			r.leave(e)
			return scratch
		}
	}
	if !r.cfg.ReuseForms {
		scratch = nil
	}
	a.Form = r.cfg.Script.AppendForm(scratch[:0], a.Job, a.Part)
	exchanger, slow := r.cfg.Exchanger, a.Job.Special == Slow
	if slow {
		exchanger = r.cfg.Slow
	}
	r.tally.begin(a.Warm)
	result := exchanger.Do(ctx, delivery.Request{
		URL: r.cfg.URL, Body: a.Form,
		DropAnswer: a.Job.Special == Lost && a.Number == 1,
	})
	a.Sent, a.Ended = result.Started.Sub(r.start), result.Ended.Sub(r.start)
	if r.cfg.Closed && a.Number == 1 {
		a.Planned = a.Sent // nothing else was planned
	}
	a.Reason, a.Code, a.Err = result.Reason, result.Status, result.Err
	r.follow(e, a)
	if slow {
		return nil // Exchanger is done with it, Slow may not be
	}
	return a.Form
}

// follow does what follows from an attempt that has ended.
func (r *Runner) follow(e entry, a Attempt) {
	delay, end := following(r.cfg.Profile, a)
	r.tally.end(a, end)
	if r.cfg.OnAttempt != nil {
		r.cfg.OnAttempt(a)
	}
	switch end {
	case goesOn:
		r.tally.count(a.Warm, func(c *Counts) {
			c.Planned++
			c.Resends++
		})
		r.later(entry{a.Ended + delay, e.ref.next()})
	case unfinished:
		r.leaveSecond(e)
	case delivered, givenUp, abandoned, answered:
		r.release(e)
	}
}

// following says how an attempt leaves its notification, and if that goes on,
// how long after the attempt's end the next one is due.
func following(profile webhook.Profile, a Attempt) (delay time.Duration, e ending) {
	switch {
	case a.Reason == delivery.Canceled:
		return 0, unfinished
	case a.Job.Special == Malformed:
		// It is no notification, so no rule resends it.
		if a.Reason == delivery.Acked || a.Reason == delivery.Rejected {
			return 0, answered
		}
		return 0, givenUp
	case a.Reason == delivery.Acked:
		return 0, delivered
	}
	delay, ok := profile.ResendDelay(a.Number)
	if !ok {
		return 0, givenUp
	}
	return delay, goesOn
}

// release makes the second notification pending that waited for the end of the
// first one, e, however that was.
func (r *Runner) release(e entry) {
	if j, part, ok := r.waitsFor(e); ok {
		r.later(entry{r.since() + j.Wait, refTo(j.Index, e.ref.warm(), part, 1)})
	}
}

// waitsFor returns the job and the part of the notification that waits for the
// end of e's, if one does.
func (r *Runner) waitsFor(e entry) (Job, Part, bool) {
	if e.ref.part() != First {
		return Job{}, First, false
	}
	j := r.cfg.Script.Job(e.ref.index())
	part, _ := j.Second()
	return j, part, j.Special == Again || j.Special == Continued
}

// later keeps a send until it is due. What does not fit any more is dropped.
func (r *Runner) later(e entry) {
	r.mu.Lock()
	if len(r.pending) >= r.cfg.MaxPending {
		r.mu.Unlock()
		r.drop(e)
		return
	}
	r.pending.push(e)
	first := r.pending[0] == e
	r.mu.Unlock()
	if first {
		r.notify()
	}
}

// drop gives up a notification because there is no room for its next send.
func (r *Runner) drop(e entry) {
	r.tally.count(e.ref.warm(), func(c *Counts) {
		c.Dropped++
		c.Abandoned++
	})
	r.release(e)
}

// leave accounts for a send that an interruption prevented.
func (r *Runner) leave(e entry) {
	r.tally.count(e.ref.warm(), func(c *Counts) {
		c.Unsent++
		c.Unfinished++
	})
	r.leaveSecond(e)
}

// leaveSecond is leave for the notification that waited for the end of e's.
func (r *Runner) leaveSecond(e entry) {
	if _, _, ok := r.waitsFor(e); ok {
		r.tally.count(e.ref.warm(), func(c *Counts) {
			c.Unsent++
			c.Unfinished++
		})
	}
}

// done notes that an outstanding send has ended and all that follows from it is
// pending.
func (r *Runner) done() {
	r.mu.Lock()
	r.outstanding--
	last := r.outstanding == 0
	r.mu.Unlock()
	if last {
		r.notify()
	}
}

// notify makes the schedule look again. It never blocks: one token is enough.
func (r *Runner) notify() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}
