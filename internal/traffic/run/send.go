package run

import (
	"context"
	"fmt"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/traffic/plan"
	"github.com/scrapehook/scrapehook/internal/traffic/report"
)

// handOut plans the notifications of a job that is due and hands them out.
func (r *Runner) handOut(index int64, at time.Duration) {
	j, warm := r.cfg.Script.Job(index), at < r.cfg.Warmup
	r.outstanding.Add(1)
	r.plan(j, at, warm, r.tallies.Of(0))
	select {
	case r.ready <- entry{at, refTo(index, warm, plan.First, 1)}:
	default: // an open loop waits for nobody
		r.drop(entry{at, refTo(index, warm, plan.First, 1)}, r.tallies.Of(0))
		r.done()
	}
}

// plan counts the notifications of a job that is due, and makes the second one
// pending, if there is one that does not wait for the first one's end.
func (r *Runner) plan(j plan.Job, at time.Duration, warm bool, t *report.Tally) {
	r.jobs.Add(1)
	t.Planned(warm, j)
	if part, _ := j.Second(); j.Special == plan.Late || j.Special == plan.Concurrent {
		r.later(entry{at + j.Wait, refTo(j.Index, warm, part, 1)}, t)
	}
}

// dispatch passes a send that was pending, and is outstanding, to the
// connections.
func (r *Runner) dispatch(ctx context.Context, e entry) {
	if r.cfg.Closed {
		select {
		case r.ready <- e:
		case <-ctx.Done():
			r.leave(e, r.tallies.Of(0))
			r.done()
		}
		return
	}
	select {
	case r.ready <- e:
	default:
		r.drop(e, r.tallies.Of(0))
		r.done()
	}
}

// connection performs one send after the other.
type connection struct {
	*Runner
	tally   *report.Tally
	form    []byte         // of the last send, to be overwritten
	ended   time.Duration  // when that was
	entry   entry          // that is sent
	attempt report.Attempt // which that is
	held    bool           // entry is taken, and not yet sent
}

// send is a connection: it performs what is ready, and in a closed loop takes
// the script's jobs while nothing is.
func (c *connection) send(ctx context.Context) {
	if c.held {
		c.held = false
		c.perform(ctx, c.entry, c.attempt.Job)
		c.done()
	}
	if c.cfg.Closed {
		c.awaitStart(ctx)
		for ctx.Err() == nil {
			e, j, ok := c.take()
			if !ok {
				break
			}
			c.perform(ctx, e, j)
			c.done()
		}
	}
	for e := range c.ready {
		if ctx.Err() != nil {
			c.leave(e, c.tally)
		} else {
			c.perform(ctx, e, c.cfg.Script.Job(e.ref.index()))
		}
		c.done()
	}
}

// awaitStart waits until the run begins.
func (c *connection) awaitStart(ctx context.Context) {
	if wait := -c.since(); wait > 0 {
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
	c.ended = c.since()
}

// take takes what a closed loop sends next, and notes that it is outstanding: a
// resend that is due, or else a job.
func (c *connection) take() (e entry, j plan.Job, ok bool) {
	select {
	case e, ok := <-c.ready:
		if !ok {
			return entry{}, plan.Job{}, false
		}
		return e, c.cfg.Script.Job(e.ref.index()), true
	default:
	}
	c.outstanding.Add(1) // before the job is taken, or there would be a moment in which all seems done
	index, ok := c.job(c.ended)
	if !ok {
		c.done()
		return entry{}, plan.Job{}, false
	}
	j, warm := c.cfg.Script.Job(index), c.ended < c.cfg.Warmup
	c.plan(j, c.ended, warm, c.tally)
	return entry{c.ended, refTo(index, warm, plan.First, 1)}, j, true
}

func (c *connection) perform(ctx context.Context, e entry, j plan.Job) {
	r, ok := c.begin(e, j)
	if !ok {
		return
	}
	exchanger := c.cfg.Exchanger
	if j.Special == plan.Slow {
		exchanger = c.cfg.Slow
	}
	c.finish(exchanger.Do(ctx, r))
}

// begin returns the request of a send, which is not ok if it can't be made.
func (c *connection) begin(e entry, j plan.Job) (r delivery.Request, ok bool) {
	c.entry = e
	c.attempt = report.Attempt{Job: j, Part: e.ref.part(), Number: e.ref.attempt(), Warm: e.ref.warm(), Planned: e.due}
	a := &c.attempt
	if a.Number == 1 && c.cfg.Announce != nil {
		if err := c.cfg.Announce(a.Job, a.Part); err != nil {
			c.fail(fmt.Errorf("announcing job %d: %w", a.Job.Notification.JobID, err))
			c.leave(e, c.tally)
			return r, false
		}
	}
	a.Form = c.cfg.Script.AppendForm(c.form[:0], a.Job, a.Part)
	if c.cfg.ReuseForms && j.Special != plan.Slow {
		c.form = a.Form
	} else {
		c.form = nil // it is looked at for longer
	}
	c.tally.Begun(a.Warm)
	return delivery.Request{URL: c.cfg.URL, Body: a.Form, DropAnswer: j.Special == plan.Lost && a.Number == 1}, true
}

// finish does what follows from a send that has ended.
func (c *connection) finish(result delivery.Attempt) {
	e, a := c.entry, &c.attempt
	a.Sent, a.Ended = result.Started.Sub(c.start), result.Ended.Sub(c.start)
	if c.cfg.Closed && a.Number == 1 {
		a.Planned = a.Sent // nothing else was planned
	}
	c.ended = a.Ended
	a.Reason, a.Code, a.Err = result.Reason, result.Status, result.Err
	delay, end := following(&c.cfg.Profile, a)
	c.tally.Ended(a, end)
	if c.cfg.OnAttempt != nil {
		c.cfg.OnAttempt(*a)
	}
	switch end {
	case report.Pending:
		c.tally.Resend(a.Warm)
		c.later(entry{a.Ended + delay, e.ref.next()}, c.tally)
	case report.Unfinished:
		c.leaveSecond(e, c.tally)
	case report.Delivered, report.GivenUp, report.Answered:
		c.release(e, a.Job, c.tally)
	}
}

// done notes that an outstanding send has ended and all that follows from it is
// pending. While the script goes on, nobody waits for the last one.
func (r *Runner) done() {
	if r.outstanding.Add(-1) == 0 && r.exhausted.Load() {
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
