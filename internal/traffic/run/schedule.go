package run

import (
	"context"
	"time"
)

// schedule hands out what is due, until the script and all that followed from
// it have ended, or ctx has. It reports whether it came to the former. The jobs
// of a closed loop are not among it: its connections take them themselves.
func (r *Runner) schedule(ctx context.Context) (whole bool) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var index int64
	var at time.Duration
	more := false
	advance := func() {
		index, at, more = r.next()
		r.exhausted.Store(!more)
	}
	if !r.cfg.Closed {
		advance()
	}
	for ctx.Err() == nil {
		now := r.since()
		e, due, ok := r.first(now, at, more)
		switch {
		case e.ref != 0:
			r.dispatch(ctx, e)
			continue
		case ok && due <= now:
			r.handOut(index, at)
			advance()
			continue
		case ok:
			timer.Reset(due - now)
		case r.idle():
			return ctx.Err() == nil // whose end also ends the script of a closed loop
		}
		select {
		case <-ctx.Done():
		case <-r.wake: // by a send that has ended
		case <-timer.C:
		}
		timer.Stop()
	}
	return false
}

// first returns when the next send is due, if there is one, and takes it if it
// is due now and pending. Otherwise, and with a zero entry, it is the script's
// next job, which there is if more, at its time.
func (r *Runner) first(now, at time.Duration, more bool) (e entry, due time.Duration, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	waiting, some := r.pending.Peek()
	if !some || (more && at < waiting.due) {
		return entry{}, at, more
	}
	if waiting.due > now {
		return entry{}, waiting.due, true
	}
	r.outstanding.Add(1)
	return r.pending.Pop(), waiting.due, true
}

// idle reports whether nothing is left that something could follow from. The
// order matters: what is outstanding may become pending, never the other way
// round while nothing is scheduled.
func (r *Runner) idle() bool {
	if !r.exhausted.Load() || r.outstanding.Load() > 0 {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.pending.Len() == 0
}
