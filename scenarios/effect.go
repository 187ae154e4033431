package scenarios

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/scenarios/internal/patience"
)

// expectation is what an effect is awaited to be.
type expectation struct {
	label string
	job   Job
	want  [][]byte
	// wait is what is awaited since when; nil: nothing is, only quiet.
	wait *patience.Wait
	// glance is set when it is enough that the rows came: no second effect is
	// looked for.
	glance bool
}

// awaitEffect waits until the job's rows are there, or the run's patience is
// over, and then for a quiet time, after which a second effect would have shown.
// A probe that fails is read again until then.
func (h *harness) awaitEffect(ctx context.Context, x expectation, waits func(string, time.Time)) (Effect, error) {
	began := time.Now()
	e := Effect{Label: x.label, Job: x.job.ID, Want: x.want, Columns: h.columns, SitemapName: x.job.SitemapName}
	for {
		took, err := h.look(ctx, &e)
		if ctx.Err() != nil {
			return e, context.Cause(ctx)
		}
		now := time.Now()
		until, over := h.patienceFor(&e, x.wait, now)
		e.Waited = now.Sub(began)
		switch done := err == nil && (e.Complete() || e.exceeded()); {
		case done && e.Complete() && e.Seen.IsZero():
			e.Seen = now
			h.rhythm.Imported(e.Job, now, h.traffic.state(e.Job, now).broken)
			if x.glance {
				return e, nil
			}
			continue
		case done || over && x.wait == nil:
			if err := h.awaitQuiet(ctx, &e, waits); err != nil {
				return e, err
			}
			if e.Complete() || e.exceeded() || over {
				return e, nil
			}
		case over:
			h.rhythm.GaveUp(x.wait.Kind)
			return e, err
		default:
			waits(fmt.Sprintf("the import of job %d", x.job.ID), until)
		}
		if err := sleep(ctx, max(took, h.timing.poll)); err != nil {
			return e, err
		}
	}
}

// patienceFor says until when the effect is awaited, if nothing happens.
func (h *harness) patienceFor(e *Effect, wait *patience.Wait, now time.Time) (until time.Time, over bool) {
	if wait == nil {
		return now, true
	}
	seen, _ := h.rhythm.Seen()
	owed := *wait
	if _, err := h.cloud.Job(e.Job); errors.Is(err, cloud.ErrNotFound) {
		owed.Kind = patience.Import // deleted at the cloud: no retry can bring it any more
	}
	e.Limit, e.LimitWhy = h.limits.For(owed.Kind, seen)
	until = h.limits.Until(owed, seen)
	return until, !now.Before(until)
}

// longestQuiet bounds how long a quiet time becomes for a slow receiver.
const longestQuiet = 15 * time.Second

// quiet is how long nothing may have happened about a job before "no second
// effect" is judged: our own time, and longer for a receiver that takes longer
// from an acknowledgement to its effect.
func (h *harness) quiet() time.Duration {
	seen, _ := h.rhythm.Seen()
	return max(h.timing.quiet, min(longestQuiet, seen.SlowestImport+seen.SlowestImport/4))
}

// awaitQuiet waits until nothing has happened about the job for the quiet time,
// and reads the probes again. A job that never gets quiet is waited for a few
// times as long.
func (h *harness) awaitQuiet(ctx context.Context, e *Effect, waits func(string, time.Time)) error {
	e.Quiet = h.quiet()
	latest := time.Now().Add(4 * e.Quiet)
	for {
		now := time.Now()
		end := h.traffic.state(e.Job, now).quietSince.Add(e.Quiet)
		if end.After(latest) {
			end = latest
		}
		if !end.After(now) {
			return h.lookPatiently(ctx, e)
		}
		waits(fmt.Sprintf("quiet about job %d", e.Job), end)
		if err := sleep(ctx, min(end.Sub(now), 4*h.timing.poll)); err != nil {
			return err
		}
	}
}

// look takes the readings of this moment, and says how long that took.
func (h *harness) look(ctx context.Context, e *Effect) (took time.Duration, err error) {
	readings, took, err := h.read(ctx, e.Job)
	if err != nil {
		return took, err
	}
	now := time.Now()
	var shown []string // nothing, as long as there is nothing to be seen
	for i, r := range readings {
		if before := e.Readings; (i < len(before) && before[i].changed(r)) || (before == nil && r.Rows > 0) {
			e.note(change{now, r.describe(e)})
		}
		if r.Rows > 0 || r.Malformed > 0 {
			shown = append(shown, fmt.Sprint(i, ": ", r.Rows, " ", r.Malformed))
		}
	}
	h.rhythm.Rows(e.Job, now, strings.Join(shown, ","))
	st := h.traffic.state(e.Job, now)
	e.Readings, e.Downloads, e.Calls, e.APICalls = readings, st.downloads, st.count, h.traffic.seen()
	return took, nil
}

// lookPatiently is look, tried again while a probe fails, for as long as the
// receiver may take to start: it may be what answers the probe, and another
// scenario may just have killed it.
func (h *harness) lookPatiently(ctx context.Context, e *Effect) error {
	limit := time.Now().Add(h.cfg.StartTimeout)
	for {
		took, err := h.look(ctx, e)
		if err == nil || !time.Now().Before(limit) {
			return err
		}
		if err := sleep(ctx, max(took, h.timing.poll)); err != nil {
			return err
		}
	}
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
