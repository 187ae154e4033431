package scenarios

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Pause waits and gives up its slot: meanwhile the scenario needs nothing of the
// receiver, so others that want it to themselves may have it.
func (d *Driver) Pause(length time.Duration, why string) {
	d.progress(why, time.Now().Add(length))
	d.slot.release()
	err := sleep(d.ctx, length)
	d.progress("its turn", time.Time{})
	ready := time.Now()
	// Also after an interruption: who began in a slot ends in one.
	d.check("waiting for a slot", d.slot.acquire(context.WithoutCancel(d.ctx)))
	d.waited += time.Since(ready)
	d.check(why, err)
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
	d.awaitTraffic(job, fmt.Sprintf("a call about job %d", job.ID), d.harness.cfg.EffectTimeout, func(st state, now time.Time) bool {
		return st.count > 0 && st.quietSince.Before(now)
	})
}

// AwaitDownloadTried waits until a download of the job's data has ended, in
// whatever way.
func (d *Driver) AwaitDownloadTried(job Job) {
	d.awaitTraffic(job, fmt.Sprintf("a download of job %d", job.ID), d.harness.cfg.EffectTimeout, func(st state, _ time.Time) bool {
		return st.tried > 0
	})
}

// AwaitDownloadBegun waits until a download of the job's data is under way, and
// reports whether one is.
func (d *Driver) AwaitDownloadBegun(job Job) bool {
	return d.awaitTraffic(job, fmt.Sprintf("a download of job %d to begin", job.ID), d.harness.cfg.EffectTimeout, func(st state, _ time.Time) bool {
		return st.downloading
	})
}

func (d *Driver) awaitTraffic(job Job, what string, limit time.Duration, enough func(state, time.Time) bool) bool {
	until := time.Now().Add(limit)
	d.progress(what, until)
	for now := time.Now(); now.Before(until); now = time.Now() {
		if enough(d.harness.traffic.state(job.ID, now), now) {
			return true
		}
		d.check("waiting", sleep(d.ctx, d.harness.timing.poll))
	}
	return false
}

// AwaitEffects waits for the imports of jobs, as they are now, all at the same
// time. Jobs whose notification was never acknowledged are passed over: there
// is no import that a receiver would owe.
func (d *Driver) AwaitEffects(jobs ...Job) { d.awaitEffects(d.harness.cfg.EffectTimeout, jobs) }

// AwaitRetriedEffects is AwaitEffects for imports that need the receiver to
// try again by itself.
func (d *Driver) AwaitRetriedEffects(jobs ...Job) { d.awaitEffects(d.harness.cfg.RetryTimeout, jobs) }

// AwaitQuiet reads what there is of jobs after a quiet time, without waiting
// for anything to appear.
func (d *Driver) AwaitQuiet(jobs ...Job) { d.awaitEffects(0, jobs) }

func (d *Driver) awaitEffects(limit time.Duration, jobs []Job) {
	effects := make([]Effect, len(jobs))
	errs := make([]error, len(jobs))
	var wg sync.WaitGroup
	for i, job := range jobs {
		if limit > 0 && !d.Acknowledged(job) {
			d.Note("job %d was never acknowledged: no import is awaited", job.ID)
			continue
		}
		x := expectation{label: job.Label, job: job, want: d.ends[job.ID].rows, limit: limit}
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
