package scenarios

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/scenarios/internal/patience"
)

// enter takes a slot again, if the scenario has given up its own. Whatever acts
// on the receiver calls it first.
func (d *Driver) enter() {
	if d.inSlot {
		return
	}
	d.progress("its turn", time.Time{})
	ready := time.Now()
	d.check("waiting for a slot", d.slot.acquire(d.ctx))
	d.inSlot = true
	d.waited += time.Since(ready)
}

// leave gives up the slot: the scenario only waits, so others may have the
// receiver.
func (d *Driver) leave() {
	if d.inSlot {
		d.inSlot = false
		d.slot.release()
	}
}

// Pause waits without a slot.
func (d *Driver) Pause(length time.Duration, why string) {
	d.progress(why, time.Now().Add(length))
	d.leave()
	d.check(why, sleep(d.ctx, length))
	d.Note("after %v: %s", length, why)
}

// PauseInSlot waits and keeps its slot: nothing that wants the receiver to itself
// begins meanwhile.
func (d *Driver) PauseInSlot(length time.Duration, why string) {
	d.progress(why, time.Now().Add(length))
	d.check(why, sleep(d.ctx, length))
}

// AwaitResend waits as long as the sender does after the failed attempt.
func (d *Driver) AwaitResend(failed Exchange, number int) {
	due := failed.Ended.Add(d.harness.cfg.resendDelay(number))
	d.Pause(max(0, time.Until(due)), "the resend")
}

// AwaitCallEnd waits until the job's data has been downloaded and no call about
// it is open, or until limit has passed.
func (d *Driver) AwaitCallEnd(job Job, limit time.Duration) {
	d.awaitTraffic(job, fmt.Sprintf("the download of job %d to end", job.ID), limit, func(st state, now time.Time) bool {
		return st.downloads > 0 && st.quietSince.Before(now)
	})
}

// AwaitCalled waits until the receiver has called the API about the job, or the
// time for an import has passed.
func (d *Driver) AwaitCalled(job Job) {
	d.awaitProgress(job, fmt.Sprintf("a call about job %d", job.ID), func(st state, now time.Time) bool {
		return st.count > 0 && st.quietSince.Before(now)
	})
}

// AwaitTakenUp waits, without a slot, until the receiver has called the API about
// the job, or for as long as it was seen to need for an import: it may have no
// reason to call.
func (d *Driver) AwaitTakenUp(job Job) {
	d.leave()
	what := fmt.Sprintf("the receiver to take up job %d", job.ID)
	d.awaitTraffic(job, what, d.harness.quiet(), func(st state, now time.Time) bool {
		return st.count > 0 && st.quietSince.Before(now)
	})
}

// AwaitDownloadTried waits until a download of the job's data has ended, in
// whatever way.
func (d *Driver) AwaitDownloadTried(job Job) {
	d.awaitProgress(job, fmt.Sprintf("a download of job %d", job.ID), func(st state, _ time.Time) bool {
		return st.tried > 0
	})
}

// AwaitDownloadsTried waits, without a slot, until that many downloads of the
// job's data have ended, in whatever way. It is patient as long as the receiver
// tries again, and reports whether it did.
func (d *Driver) AwaitDownloadsTried(job Job, n int) bool {
	d.leave()
	for i := 1; i <= n; i++ {
		wait := d.wait(patience.Retry)
		what := fmt.Sprintf("download %d of job %d", i, job.ID)
		if !d.awaitWithin(wait, job, what, func(st state, _ time.Time) bool { return st.tried >= i }) {
			d.harness.rhythm.GaveUp(patience.Retry)
			return false
		}
	}
	return true
}

// AwaitDownloadBegun waits until a download of some job's data is under way, and
// reports whether one is. Which of several jobs a receiver takes first is up to it.
func (d *Driver) AwaitDownloadBegun(jobs ...Job) bool {
	what := fmt.Sprintf("a download of job %d to begin", jobs[0].ID)
	if len(jobs) > 1 {
		what = fmt.Sprintf("a download of one of %d jobs to begin", len(jobs))
	}
	return d.awaitState(what, d.untilOver(d.wait(patience.Import)), func(now time.Time) bool {
		return slices.ContainsFunc(jobs, func(job Job) bool { return d.harness.traffic.state(job.ID, now).downloading })
	})
}

// awaitTraffic waits until the job's traffic is enough, or limit has passed.
func (d *Driver) awaitTraffic(job Job, what string, limit time.Duration, enough func(state, time.Time) bool) {
	until := time.Now().Add(limit)
	d.awaitState(what, func() time.Time { return until }, d.stateOf(job, enough))
}

// awaitProgress waits until the job's traffic is enough, or the run's patience
// is over.
func (d *Driver) awaitProgress(job Job, what string, enough func(state, time.Time) bool) {
	d.awaitWithin(d.wait(patience.Import), job, what, enough)
}

func (d *Driver) awaitWithin(wait patience.Wait, job Job, what string, enough func(state, time.Time) bool) bool {
	return d.awaitState(what, d.untilOver(wait), d.stateOf(job, enough))
}

func (d *Driver) stateOf(job Job, enough func(state, time.Time) bool) func(time.Time) bool {
	return func(now time.Time) bool { return enough(d.harness.traffic.state(job.ID, now), now) }
}

// untilOver says when a wait is over, by what is known of the receiver then.
func (d *Driver) untilOver(wait patience.Wait) func() time.Time {
	return func() time.Time {
		seen, _ := d.harness.rhythm.Seen()
		return d.harness.limits.Until(wait, seen)
	}
}

func (d *Driver) awaitState(what string, until func() time.Time, enough func(now time.Time) bool) bool {
	for {
		now, end := time.Now(), until()
		if enough(now) {
			return true
		}
		if !now.Before(end) {
			return false
		}
		d.progress(what, end)
		d.check("waiting", sleep(d.ctx, d.harness.timing.poll))
	}
}

// wait begins now. What held the receiver up since the scenario began is
// granted.
func (d *Driver) wait(k patience.Kind) patience.Wait {
	return patience.Wait{Kind: k, Since: time.Now(), Delayed: d.delayed, Own: d.own}
}

// AwaitEffects waits for the imports of jobs, as they are now, all at the same
// time and without a slot. Jobs whose notification was never acknowledged are
// passed over: there is no import that a receiver would owe.
func (d *Driver) AwaitEffects(jobs ...Job) {
	wait := d.wait(patience.Import)
	d.awaitEffects(expectation{wait: &wait}, jobs)
}

// awaitRows is AwaitEffects without the quiet time in which a second effect would
// show.
func (d *Driver) awaitRows(job Job) {
	wait := d.wait(patience.Import)
	d.awaitEffects(expectation{wait: &wait, glance: true}, []Job{job})
}

// AwaitRetriedEffects is AwaitEffects for imports that need the receiver to
// try again by itself.
func (d *Driver) AwaitRetriedEffects(jobs ...Job) {
	wait := d.wait(patience.Retry)
	d.awaitEffects(expectation{wait: &wait}, jobs)
}

// AwaitQuiet reads what there is of jobs after a quiet time, without waiting
// for anything to appear.
func (d *Driver) AwaitQuiet(jobs ...Job) { d.awaitEffects(expectation{}, jobs) }

// awaitEffects waits for the imports of jobs. x says how.
func (d *Driver) awaitEffects(x expectation, jobs []Job) {
	d.leave()
	effects := make([]Effect, len(jobs))
	errs := make([]error, len(jobs))
	var wg sync.WaitGroup
	for i, job := range jobs {
		if x.wait != nil && !d.Acknowledged(job) {
			d.Note("job %d was never acknowledged: no import is awaited", job.ID)
			continue
		}
		x := x
		x.label, x.job, x.want = job.Label, job, d.ends[job.ID].rows
		wg.Go(func() { effects[i], errs[i] = d.harness.awaitEffect(d.ctx, x, d.progress) })
	}
	wg.Wait()
	for i, e := range effects {
		d.check("looking for an effect", errs[i])
		if e.Job != 0 {
			d.observation.Effects = append(d.observation.Effects, e)
			for _, c := range e.changes {
				d.add(c.at, OfProbe, "%s", c.text)
			}
			d.add(time.Now(), OfProbe, "%s", e.describe())
		}
	}
}

// WatchPolling watches for calls about jobs that are not notified yet, and for
// lists of jobs, until the function that it returns is called.
func (d *Driver) WatchPolling(jobs ...Job) (end func()) {
	before := d.harness.traffic.listed()
	return func() {
		for _, job := range jobs {
			d.observation.EarlyCalls += d.harness.traffic.state(job.ID, time.Now()).count
		}
		d.observation.Lists = d.harness.traffic.listed() - before
	}
}
