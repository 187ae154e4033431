package cloud

import (
	"fmt"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// Outcome is how a run of a job ends.
type Outcome struct {
	// Status is failed, finished, shelved or stopped.
	Status webhook.Status
	// Rows are those of the job in all, earlier runs included, so they never
	// become fewer; negative: as many as were planned.
	Rows int
	// Pages that failed, gave no record, or gave records without some values.
	FailedPages, EmptyPages, NoValuePages int
}

// imperfect reports whether the run left pages that a user may continue with.
func (o Outcome) imperfect() bool { return o.FailedPages > 0 || o.EmptyPages > 0 }

// reaches is the lifecycle (contract, section 1): a job goes
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

// step checks one step of a job's life; whether it is taken is up to the caller.
func (j *job) step(to webhook.Status) error {
	if !reaches(j.Status, to, j.JobsFailed > 0 || j.JobsEmpty > 0) {
		return fmt.Errorf("job %d: %w from %s to %s", j.ID, ErrTransition, j.Status, to)
	}
	return nil
}

// Schedule gives a waiting job its server.
func (c *Cloud) Schedule(id int64) error {
	return c.update(id, "scheduling", func(j *job) error {
		if err := j.step(webhook.Scheduled); err != nil {
			return err
		}
		j.Status = webhook.Scheduled
		return nil
	})
}

// Start sets a job in motion, by way of scheduled when it still waits.
func (c *Cloud) Start(id int64) error {
	return c.update(id, "starting", func(j *job) error {
		if j.Status != webhook.WaitingToBeScheduled {
			if err := j.step(webhook.Started); err != nil {
				return err
			}
		}
		j.Status, j.began = webhook.Started, c.cfg.Now()
		return nil
	})
}

// End ends a started job with status s and rows rows in all (negative: as many
// as were planned). A failed job gets more failed pages than good ones and a
// shelved one an empty page, as their definitions want; see [Cloud.Conclude]
// for others. The job is notified if its profile says so; an error of the
// notifier is returned, although the job has ended.
func (c *Cloud) End(id int64, s webhook.Status, rows int) error {
	return c.end(id, Outcome{Status: s, Rows: rows}, func(o Outcome) Outcome {
		if s == webhook.Failed {
			o.FailedPages = goodPages(o.Rows) + 1
		}
		if s == webhook.Shelved {
			o.EmptyPages = 1
		}
		return o
	})
}

// Conclude is [Cloud.End] with a say in the pages.
func (c *Cloud) Conclude(id int64, o Outcome) error {
	return c.end(id, o, func(o Outcome) Outcome { return o })
}

// end ends a job with what complete makes of o, once its rows are known.
func (c *Cloud) end(id int64, o Outcome, complete func(Outcome) Outcome) error {
	var n webhook.Notification
	err := c.update(id, "ending", func(j *job) error {
		if o.Rows < 0 {
			o.Rows = max(j.Rows, j.StoredRecordCount)
		}
		o = complete(o)
		if err := c.checkOutcome(j, o); err != nil {
			return err
		}
		j.conclude(o, c.cfg.Now())
		n = webhook.Notification{
			JobID: j.ID, Status: j.Status,
			SitemapID: j.SitemapID, SitemapName: j.SitemapName, CustomID: j.CustomID,
		}
		return nil
	})
	if err != nil {
		return err
	}
	if c.cfg.Notify == nil || !c.cfg.Profile.Notifies(o.Status) {
		return nil
	}
	if err := c.cfg.Notify(n); err != nil {
		return fmt.Errorf("notifying that job %d is %s: %w", id, o.Status, err)
	}
	return nil
}

// Continue is what a user does with a job that failed or left pages: it waits
// to be scheduled again and keeps the rows that it has.
func (c *Cloud) Continue(id int64) error {
	return c.update(id, "continuing", func(j *job) error {
		if err := j.step(webhook.WaitingToBeScheduled); err != nil {
			return err
		}
		j.Status = webhook.WaitingToBeScheduled
		return nil
	})
}

// Shelve moves a stopped job to cold storage, as the cloud does two weeks after
// the stop. Nobody is notified: the job completed long before, and the contract
// has notifications "only once the job has completed" (assumption).
func (c *Cloud) Shelve(id int64) error {
	return c.update(id, "shelving", func(j *job) error {
		if j.Status != webhook.Stopped {
			return fmt.Errorf("job %d: %w: only a stopped job is shelved later, this one is %s", id, ErrTransition, j.Status)
		}
		j.Status = webhook.Shelved
		return nil
	})
}

// update changes one job under the lock; a change that fails must leave the job
// as it was.
func (c *Cloud) update(id int64, doing string, change func(*job) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	j, err := c.jobs.get(id)
	if err == nil {
		err = change(j)
	}
	if err != nil {
		return fmt.Errorf("%s a job: %w", doing, err)
	}
	return nil
}

func (c *Cloud) checkOutcome(j *job, o Outcome) error {
	if err := j.step(o.Status); err != nil {
		return err
	}
	if j.Status != webhook.Started {
		return fmt.Errorf("job %d: %w: it is %s and does not run", j.ID, ErrTransition, j.Status)
	}
	switch {
	case o.Rows < j.StoredRecordCount:
		return fmt.Errorf("job %d has %d rows already, so it can't end with %d", j.ID, j.StoredRecordCount, o.Rows)
	case o.FailedPages < 0 || o.EmptyPages < 0 || o.NoValuePages < 0:
		return fmt.Errorf("job %d: a count of pages is negative", j.ID)
	case o.Status == webhook.Finished && o.imperfect() && c.cfg.Profile.Notifies(webhook.Shelved):
		// webhooks-2020: finished is "without any failed or empty pages"; what
		// has such pages is shelved. The profile of 2022 has dropped shelved.
		return fmt.Errorf("job %d: by the %s profile a job with failed or empty pages is shelved, not finished", j.ID, c.cfg.Profile.Name)
	}
	return nil
}

// conclude sets what the end of a run leaves on the job.
func (j *job) conclude(o Outcome, now time.Time) {
	j.Status = o.Status
	j.Rows, j.StoredRecordCount = o.Rows, o.Rows
	j.JobsFailed, j.JobsEmpty, j.JobsNoValue = o.FailedPages, o.EmptyPages, o.NoValuePages
	j.JobsExecuted = goodPages(o.Rows) + o.FailedPages + o.EmptyPages
	j.JobsScheduled = j.JobsExecuted
	if o.Status == webhook.Stopped || o.Status == webhook.Failed {
		j.JobsScheduled++ // at least one page was not reached any more
	}
	j.ScrapingDuration += max(1, int((now.Sub(j.began)+time.Second-1)/time.Second))
}

// goodPages is how many pages it took to collect that many rows. The first one
// always counts, rows or not.
func goodPages(rows int) int {
	const rowsPerPage = 20
	return max(1, (rows+rowsPerPage-1)/rowsPerPage)
}
