package scenarios

import (
	"context"
	"fmt"
	"time"
)

// expectation is what an effect is awaited to be.
type expectation struct {
	label string
	job   Job
	want  [][]byte
	// limit is how long the effect may take, before the delays that we inject;
	// with 0 it is not awaited at all.
	limit time.Duration
}

// awaitEffect waits until the job's rows are there, or the limit has passed,
// and then for a quiet time, after which a second effect would have shown.
func (h *harness) awaitEffect(ctx context.Context, x expectation, waits func(string, time.Time)) (Effect, error) {
	began := time.Now()
	e := Effect{Label: x.label, Job: x.job.ID, Want: x.want, SitemapName: x.job.SitemapName, Quiet: h.timing.quiet}
	for {
		if err := h.look(ctx, &e); err != nil {
			return e, err
		}
		now := time.Now()
		e.Waited = now.Sub(began)
		if e.Limit = x.limit; x.limit > 0 {
			e.Limit += h.traffic.state(x.job.ID, now).injected
		}
		over := e.Waited >= e.Limit
		if e.Complete() || e.exceeded() || over {
			if e.Complete() && e.Seen.IsZero() {
				e.Seen = now
			}
			if err := h.awaitQuiet(ctx, &e, later(began.Add(e.Limit), now.Add(4*h.timing.quiet)), waits); err != nil {
				return e, err
			}
			if e.Complete() || e.exceeded() || over {
				return e, nil
			}
		}
		waits(fmt.Sprintf("the import of job %d", x.job.ID), began.Add(e.Limit))
		if err := sleep(ctx, h.timing.poll); err != nil {
			return e, err
		}
	}
}

// awaitQuiet waits until nothing has happened about the job for the quiet
// time, but no longer than until, and reads the probes again.
func (h *harness) awaitQuiet(ctx context.Context, e *Effect, until time.Time, waits func(string, time.Time)) error {
	for {
		now := time.Now()
		end := h.traffic.state(e.Job, now).quietSince.Add(e.Quiet)
		if end.After(until) {
			end = until
		}
		if !end.After(now) {
			return h.look(ctx, e)
		}
		waits(fmt.Sprintf("quiet about job %d", e.Job), end)
		if err := sleep(ctx, min(end.Sub(now), 4*h.timing.poll)); err != nil {
			return err
		}
	}
}

// look takes the readings of this moment.
func (h *harness) look(ctx context.Context, e *Effect) error {
	readings, err := h.read(ctx, e.Job)
	if err != nil {
		return err
	}
	now := time.Now()
	for i, r := range readings {
		if before := e.Readings; (i < len(before) && before[i].changed(r)) || (before == nil && r.Rows > 0) {
			e.note(change{now, r.describe(e)})
		}
	}
	st := h.traffic.state(e.Job, now)
	e.Readings, e.Downloads, e.Calls, e.APICalls = readings, st.downloads, st.count, h.traffic.seen()
	return nil
}

// changesKept bounds the changes that are remembered of one effect: its first
// ones, and the last.
const changesKept = 20

func (e *Effect) note(c change) {
	if len(e.changes) == changesKept {
		e.changes[changesKept-1] = c
		return
	}
	e.changes = append(e.changes, c)
}

// changed reports whether a later reading of the same probe saw anything else.
func (r ProbeReading) changed(later ProbeReading) bool {
	return r.Rows != later.Rows || r.Malformed != later.Malformed
}

// Complete reports whether every probe sees as many rows as there should be;
// without a probe, whether the data has been downloaded at all.
func (e Effect) Complete() bool {
	for _, r := range e.Readings {
		if r.Rows != len(e.Want) {
			return false
		}
	}
	return len(e.Readings) > 0 || e.Downloads > 0 || len(e.Want) == 0
}

// exceeded reports whether a probe sees more rows than there should ever be.
func (e Effect) exceeded() bool {
	for _, r := range e.Readings {
		if r.Rows > len(e.Want) {
			return true
		}
	}
	return false
}

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
