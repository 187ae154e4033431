package scenarios

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Pause waits. Meanwhile the scenario needs nothing of the receiver, so others
// that want it to themselves may have it.
func (s *Stage) Pause(d time.Duration, why string) {
	s.progress(why, time.Now().Add(d))
	s.floor.leave()
	err := sleep(s.ctx, d)
	s.progress("its turn", time.Time{})
	ready := time.Now()
	// Also after an interruption: who began on the floor ends on it.
	s.check("waiting for the floor", s.floor.enter(context.WithoutCancel(s.ctx)))
	s.waited += time.Since(ready)
	s.check(why, err)
	s.Note("after %v: %s", d, why)
}

// Hold waits without leaving the floor.
func (s *Stage) Hold(d time.Duration, why string) {
	s.progress(why, time.Now().Add(d))
	s.check(why, sleep(s.ctx, d))
}

// AwaitResend waits as long as the sender does after the failed attempt.
func (s *Stage) AwaitResend(failed Exchange, number int) {
	due := failed.Ended.Add(s.lab.cfg.resendDelay(number))
	s.Pause(max(0, time.Until(due)), "the resend")
}

// AwaitCallEnd waits until the job's data has been downloaded and no call about
// it is open, or until limit has passed.
func (s *Stage) AwaitCallEnd(job Job, limit time.Duration) {
	s.awaitTraffic(job, fmt.Sprintf("the download of job %d to end", job.ID), limit, func(st state, now time.Time) bool {
		return st.downloads > 0 && st.quietSince.Before(now)
	})
}

// AwaitCalled waits until the receiver has called the API about the job, or the
// time for an import has passed.
func (s *Stage) AwaitCalled(job Job) {
	s.awaitTraffic(job, fmt.Sprintf("a call about job %d", job.ID), s.lab.cfg.EffectTimeout, func(st state, now time.Time) bool {
		return st.count > 0 && st.quietSince.Before(now)
	})
}

// AwaitDownloadTried waits until a download of the job's data has ended, in
// whatever way.
func (s *Stage) AwaitDownloadTried(job Job) {
	s.awaitTraffic(job, fmt.Sprintf("a download of job %d", job.ID), s.lab.cfg.EffectTimeout, func(st state, _ time.Time) bool {
		return st.tried > 0
	})
}

// AwaitDownloadBegun waits until a download of the job's data is under way, and
// reports whether one is.
func (s *Stage) AwaitDownloadBegun(job Job) bool {
	return s.awaitTraffic(job, fmt.Sprintf("a download of job %d to begin", job.ID), s.lab.cfg.EffectTimeout, func(st state, _ time.Time) bool {
		return st.downloading
	})
}

func (s *Stage) awaitTraffic(job Job, what string, limit time.Duration, enough func(state, time.Time) bool) bool {
	until := time.Now().Add(limit)
	s.progress(what, until)
	for now := time.Now(); now.Before(until); now = time.Now() {
		if enough(s.lab.traffic.state(job.ID, now), now) {
			return true
		}
		s.check("waiting", sleep(s.ctx, s.lab.timing.poll))
	}
	return false
}

// AwaitEffects waits for the imports of jobs, as they are now, all at the same
// time. Jobs whose notification was never acknowledged are passed over: there
// is no import that a receiver would owe.
func (s *Stage) AwaitEffects(jobs ...Job) { s.awaitEffects(s.lab.cfg.EffectTimeout, jobs) }

// AwaitRetriedEffects is AwaitEffects for imports that need the receiver to
// try again by itself.
func (s *Stage) AwaitRetriedEffects(jobs ...Job) { s.awaitEffects(s.lab.cfg.RetryTimeout, jobs) }

// AwaitQuiet reads what there is of jobs after a quiet time, without waiting
// for anything to appear.
func (s *Stage) AwaitQuiet(jobs ...Job) { s.awaitEffects(0, jobs) }

func (s *Stage) awaitEffects(limit time.Duration, jobs []Job) {
	effects := make([]Effect, len(jobs))
	errs := make([]error, len(jobs))
	var wg sync.WaitGroup
	for i, job := range jobs {
		if limit > 0 && !s.acknowledged(job) {
			s.Note("job %d was never acknowledged: no import is awaited", job.ID)
			continue
		}
		x := expectation{label: job.Label, job: job, want: s.ends[job.ID].rows, limit: limit}
		wg.Go(func() { effects[i], errs[i] = s.lab.awaitEffect(s.ctx, x, s.progress) })
	}
	wg.Wait()
	for i, e := range effects {
		s.check("looking for an effect", errs[i])
		if e.Job != 0 {
			s.observation.Effects = append(s.observation.Effects, e)
			for _, c := range e.changes {
				s.add(c.at, OfProbe, "%s", c.text)
			}
			s.add(time.Now(), OfProbe, "%s", e.describe())
		}
	}
}

// noteEarlyCalls counts the calls that there were about jobs whose
// notification has not been sent yet.
func (s *Stage) noteEarlyCalls(jobs []Job) {
	for _, job := range jobs {
		s.observation.EarlyCalls += s.lab.traffic.state(job.ID, time.Now()).count
	}
}
