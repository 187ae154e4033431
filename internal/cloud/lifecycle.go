package cloud

import (
	"fmt"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// reaches is the life of a job (contract, section 1): it goes
// waiting-to-be-scheduled -> scheduled -> started -> failed | finished |
// shelved | stopped; one that failed, was shelved, or finished with empty or
// failed pages, may be continued by its user; a stopped one is shelved after
// two weeks. imperfect says whether the job has empty or failed pages.
func reaches(from, to webhook.Status, imperfect bool) bool {
	switch from {
	case webhook.WaitingToBeScheduled:
		return to == webhook.Scheduled
	case webhook.Scheduled:
		return to == webhook.Started
	case webhook.Started:
		return to.Ended()
	case webhook.Failed, webhook.Shelved:
		return to == webhook.WaitingToBeScheduled
	case webhook.Finished:
		return to == webhook.WaitingToBeScheduled && imperfect
	case webhook.Stopped:
		return to == webhook.Shelved
	}
	return false
}

// step is one step of a job's life.
type step struct {
	to webhook.Status
	at time.Time
	// ending is what the run leaves that ends with the step; nil for any other
	// step.
	ending *Ending
}

// take takes one step.
func (j *job) take(s step, profile webhook.Profile) error {
	if !reaches(j.Status, s.to, j.JobsFailed > 0 || j.JobsEmpty > 0) || (s.ending != nil && j.Status != webhook.Started) {
		return fmt.Errorf("job %d: %w from %s to %s", j.ID, ErrTransition, j.Status, s.to)
	}
	if s.ending != nil {
		if err := j.checkEnding(*s.ending, profile); err != nil {
			return err
		}
		j.conclude(*s.ending, s.at)
	}
	if s.to == webhook.Started {
		j.began = s.at
	}
	if s.to == webhook.WaitingToBeScheduled {
		j.Queued, j.RunTime = s.at, 0
	}
	j.Status = s.to
	return nil
}

// move is what happens to one job at once.
type move struct {
	steps []step
	// silent: nobody is notified.
	silent bool
	// also are changes that last together with it.
	also []func() (Change, error)
}

// moveLocked is where a job's status is written, and nowhere else: that of a new
// job too, which it adds. All steps are taken, or none. For the end of a run it
// puts a notification for each endpoint into the outbox, in the transaction that
// makes the end last, and it sets when the job's next step is due.
func (c *Cloud) moveLocked(j *job, m move) error {
	after := *j
	var waiting []Waiting
	for _, s := range m.steps {
		if err := after.take(s, c.cfg.Profile); err != nil {
			return err
		}
		if s.ending != nil && !m.silent && c.cfg.Profile.Notifies(s.to) {
			var err error
			if waiting, err = c.outbox.entries(after.Notification(), s.at); err != nil {
				return err
			}
		}
	}
	if err := c.commitLocked(waiting, append(m.also, after.change)...); err != nil {
		return err
	}
	if c.jobs.has(j.ID) {
		c.byStatus[j.Status]--
		*j = after
	} else {
		*j = after
		c.indexJobLocked(j)
	}
	c.byStatus[j.Status]++
	c.retries.succeeded(j.key())
	c.setDueLocked(j)
	c.outbox.add(waiting)
	return nil
}

// advance moves one job that is there by the steps that plan finds.
func (c *Cloud) advance(id int64, doing string, plan func(j *job, now time.Time) []step) (Job, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	j, err := c.jobs.get(id)
	if err == nil {
		err = c.moveLocked(j, move{steps: plan(j, c.cfg.Clock.Now())})
	}
	if err != nil {
		return Job{}, fmt.Errorf("%s a job: %w", doing, err)
	}
	return j.Job, nil
}

// start are the steps from where the job is before its start to its start.
func (j *job) start(now time.Time) []step {
	switch j.Status {
	case webhook.WaitingToBeScheduled:
		return []step{{to: webhook.Scheduled, at: now}, {to: webhook.Started, at: now}}
	case webhook.Scheduled:
		return []step{{to: webhook.Started, at: now}}
	default:
		return nil
	}
}

// end are the steps that end the job, wherever it is before its end.
func (j *job) end(e Ending, now time.Time) []step {
	return append(j.start(now), step{to: e.Status, at: now, ending: &e})
}

// Start sets a job in motion, by way of scheduled when it still waits.
func (c *Cloud) Start(id int64) error {
	_, err := c.advance(id, "starting", func(j *job, now time.Time) []step {
		if steps := j.start(now); steps != nil {
			return steps
		}
		return []step{{to: webhook.Started, at: now}} // which is refused
	})
	return err
}

// End ends a job with status s and rows rows in all (negative: as many as were
// planned), wherever it is before its end. A failed job gets more failed pages
// than good ones and a shelved one an empty page, as their definitions want; see
// [Cloud.Conclude] for others. If its profile says so, the end is notified to
// every endpoint.
func (c *Cloud) End(id int64, s webhook.Status, rows int) error {
	_, err := c.advance(id, "ending", func(j *job, now time.Time) []step { return j.end(j.typical(s, rows), now) })
	return err
}

// Conclude is [Cloud.End] with a say in the pages.
func (c *Cloud) Conclude(id int64, e Ending) (Job, error) {
	return c.advance(id, "ending", func(j *job, now time.Time) []step { return j.end(j.withRows(e), now) })
}

// Stop ends a job as its user does, wherever it is before its end. A run that is
// under way has collected half of its rows.
func (c *Cloud) Stop(id int64) (Job, error) {
	return c.advance(id, "stopping", func(j *job, now time.Time) []step { return j.end(c.stopped(j), now) })
}

// Continue is what a user does with a job that failed or left pages: it waits
// to be scheduled again and keeps the rows that it has.
func (c *Cloud) Continue(id int64) (Job, error) {
	return c.advance(id, "continuing", func(_ *job, now time.Time) []step {
		return []step{{to: webhook.WaitingToBeScheduled, at: now}}
	})
}

// Notification is what the job's present status is notified as.
func (j Job) Notification() webhook.Notification {
	return webhook.Notification{
		JobID: j.ID, Status: j.Status,
		SitemapID: j.SitemapID, SitemapName: j.SitemapName, CustomID: j.CustomID,
	}
}
