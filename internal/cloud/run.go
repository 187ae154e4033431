package cloud

import (
	"context"
	"fmt"
	"time"

	"github.com/scrapehook/scrapehook/internal/draw"
	"github.com/scrapehook/scrapehook/webhook"
)

func (j *job) key() dueKey     { return dueKey{KindJob, j.ID} }
func (m *sitemap) key() dueKey { return dueKey{KindSitemap, m.ID} }

// coldStorage is when a stopped job is shelved (webhooks-2020: "will change its
// status to shelved after 2 weeks").
const coldStorage = 14 * 24 * time.Hour

// nextStep is the status that a job comes to next by itself, and when: it is
// scheduled after a tenth of its run's time, started after a fifth, and ended
// after the whole; a stopped one is shelved two weeks later. False: it stays as
// it is. How a run ends is found when it does; finished stands for any end.
func (c *Cloud) nextStep(j *job) (to webhook.Status, due time.Time, ok bool) {
	runs := j.RunTime
	if runs == 0 {
		runs = c.jobTime(j.ID)
	}
	switch j.Status {
	case webhook.WaitingToBeScheduled:
		return webhook.Scheduled, j.Queued.Add(runs / 10), runs > 0
	case webhook.Scheduled:
		return webhook.Started, j.Queued.Add(runs / 5), runs > 0
	case webhook.Started:
		return webhook.Finished, j.Queued.Add(runs), runs > 0
	case webhook.Stopped:
		// The profile of 2022 has no shelved any more.
		return webhook.Shelved, j.Ended.Add(coldStorage), c.cfg.Profile.Notifies(webhook.Shelved)
	case webhook.Failed, webhook.Finished, webhook.Shelved:
	}
	return "", time.Time{}, false
}

// jobTime is how long a job takes: the configured time, give or take a quarter.
func (c *Cloud) jobTime(id int64) time.Duration {
	d := draw.Of(c.cfg.Seed, forJobTimes, id)
	return time.Duration(float64(c.cfg.JobTime) * (0.75 + d.Float64()/2))
}

// setDueLocked sets when the job's next step is due.
func (c *Cloud) setDueLocked(j *job) {
	_, due, ok := c.nextStep(j)
	c.setItemLocked(j.key(), due, ok)
}

// setSchedulerDueLocked sets when the sitemap's scheduler makes its next job.
func (c *Cloud) setSchedulerDueLocked(m *sitemap) {
	var due time.Time
	if m.Scheduler.Enabled {
		due, _ = m.Scheduler.Next() // it was checked when it was enabled
	}
	c.setItemLocked(m.key(), due, !due.IsZero())
}

func (c *Cloud) setItemLocked(key dueKey, due time.Time, ok bool) {
	if !ok {
		c.due.remove(key)
		return
	}
	c.due.set(key, due)
	if first, _ := c.due.first(); first.dueKey == key {
		signal(c.wake)
	}
}

// Run has jobs and schedulers live by the clock until ctx ends: it takes every
// step when it is due. The moment it is due, not the present one, counts as the
// time of it, so that a clock that was advanced by a day sees the day as it
// would have been.
func (c *Cloud) Run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		changed := c.cfg.Clock.Changed() // before anything is read off the clock
		for ctx.Err() == nil {
			taken, err := c.takeDue()
			if err != nil {
				c.cfg.OnError(err)
			}
			if !taken {
				break
			}
		}
		timer.Stop()
		if wait, ok := c.untilDue(); ok {
			timer.Reset(wait)
		}
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
		case <-changed:
		case <-timer.C:
		}
	}
}

// takeDue takes the first step that is due, and reports whether there was one.
// One that fails is tried again later; its error is returned the first time.
func (c *Cloud) takeDue() (taken bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for now := time.Now(); ; {
		key, ok := c.retries.pop(now)
		if !ok {
			break
		}
		c.replanLocked(key)
	}
	first, ok := c.due.first()
	if !ok || first.at.After(c.cfg.Clock.Now()) {
		return false, nil
	}
	if err = c.stepLocked(first); err != nil {
		c.due.remove(first.dueKey)
		if !c.retries.add(first.dueKey, time.Now()) {
			err = nil
		}
	}
	return true, err
}

// replanLocked sets when the next step is due of what a retry is for.
func (c *Cloud) replanLocked(key dueKey) {
	if key.kind == KindSitemap {
		if m, err := c.sitemaps.get(key.id); err == nil {
			c.setSchedulerDueLocked(m)
		}
		return
	}
	if j, err := c.jobs.get(key.id); err == nil {
		c.setDueLocked(j)
	}
}

// stepLocked does what is due. It sets what is due next.
func (c *Cloud) stepLocked(item dueItem) error {
	if item.kind == KindSitemap {
		return c.addScheduledLocked(item.id, item.at)
	}
	j, err := c.jobs.get(item.id)
	if err != nil {
		return err
	}
	to, due, _ := c.nextStep(j)
	s := step{to: to, at: due}
	if j.Status == webhook.Started {
		ending := c.natural(j, c.drawStatus(j))
		s.to, s.ending = ending.Status, &ending
	}
	if err := c.moveLocked(j, move{steps: []step{s}}); err != nil {
		return fmt.Errorf("job %d is %s and can't go on: %w", j.ID, j.Status, err)
	}
	return nil
}

// untilDue is how long it is in real time until a step is due; false: none is,
// or the clock is paused.
func (c *Cloud) untilDue() (time.Duration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var wait time.Duration
	first, ok := c.due.first()
	if ok {
		wait, ok = c.cfg.Clock.Until(first.at)
	}
	if len(c.retries.queue) > 0 {
		retry := time.Until(c.retries.queue[0].at)
		if !ok || retry < wait {
			wait = retry
		}
		ok = true
	}
	return wait, ok
}
