package cloud

import (
	"fmt"
	"slices"
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
func (c *Cloud) Start(id int64) error { return c.StartAt(id, c.cfg.Now()) }

// StartAt is [Cloud.Start] at another moment than now.
func (c *Cloud) StartAt(id int64, at time.Time) error {
	return c.update(id, "starting", func(j *job) error {
		if j.Status != webhook.WaitingToBeScheduled {
			if err := j.step(webhook.Started); err != nil {
				return err
			}
		}
		j.Status, j.began = webhook.Started, at
		return nil
	})
}

// End ends a started job with status s and rows rows in all (negative: as many
// as were planned). A failed job gets more failed pages than good ones and a
// shelved one an empty page, as their definitions want; see [Cloud.Conclude]
// for others. The job is notified if its profile says so; an error of the
// notifier is returned, although the job has ended.
func (c *Cloud) End(id int64, s webhook.Status, rows int) error {
	return c.end(id, c.cfg.Now(), func(j *job) (Outcome, int) { return j.typical(s, rows), 0 })
}

// Conclude is [Cloud.End] with a say in the pages.
func (c *Cloud) Conclude(id int64, o Outcome) error {
	return c.end(id, c.cfg.Now(), func(j *job) (Outcome, int) { return j.withRows(o), 0 })
}

// Complete ends a started job at that moment in the way that comes of it: as
// its JobSpec says; or as its start pages turn out, failed when more than half
// of them fail; or, when all of them are full, with status draw. A job that is
// stopped has visited half of its pages, and one that is drawn to fail has half
// of its rows.
func (c *Cloud) Complete(id int64, draw webhook.Status, at time.Time) error {
	return c.end(id, at, func(j *job) (Outcome, int) {
		if o := j.ending; o != nil {
			return j.withRows(*o), 0
		}
		if c.cfg.Turnouts.any() {
			if o, visited, decided := j.turnOut(draw, c.cfg.Profile); decided {
				return o, visited
			}
		}
		rows := j.history.planned
		if draw == webhook.Failed || draw == webhook.Stopped {
			rows /= 2
		}
		return j.typical(draw, max(rows, j.StoredRecordCount)), 0
	})
}

// withRows is o with the planned rows where it does not say.
func (j *job) withRows(o Outcome) Outcome {
	if o.Rows < 0 {
		o.Rows = max(j.Rows, j.StoredRecordCount)
	}
	return o
}

// typical is an outcome with status s and the pages that its definition wants.
func (j *job) typical(s webhook.Status, rows int) Outcome {
	o := j.withRows(Outcome{Status: s, Rows: rows})
	if s == webhook.Failed {
		o.FailedPages = goodPages(o.Rows) + 1
	}
	if s == webhook.Shelved {
		o.EmptyPages = 1
	}
	return o
}

// turnOut is the outcome that the start pages decide, and how many of them were
// visited; it does not decide when they are all full and the draw is no stop.
func (j *job) turnOut(draw webhook.Status, profile webhook.Profile) (o Outcome, visited int, decided bool) {
	visited = j.history.pages.len()
	if draw == webhook.Stopped {
		visited = (visited + 1) / 2
		if runs := j.history.runs; len(runs) > 0 { // a page is not unvisited again
			visited = max(visited, runs[len(runs)-1].Visited)
		}
	}
	r := j.history.next(visited)
	o = Outcome{Status: webhook.Finished, Rows: r.Rows, FailedPages: r.Failed, EmptyPages: r.Empty}
	switch {
	case draw == webhook.Stopped:
		o.Status = webhook.Stopped
	case 2*r.Failed > visited: // webhooks-2020: "more than 50%"
		o.Status = webhook.Failed
	case o.imperfect() && profile.Notifies(webhook.Shelved):
		o.Status = webhook.Shelved
	case !o.imperfect() && draw != webhook.Finished:
		return Outcome{}, 0, false
	}
	return o, visited, true
}

// end ends a job with the outcome and the visited start pages that decide finds.
func (c *Cloud) end(id int64, at time.Time, decide func(*job) (o Outcome, visited int)) error {
	notified := false
	err := c.update(id, "ending", func(j *job) error {
		o, visited := decide(j)
		if err := c.checkOutcome(j, o); err != nil {
			return err
		}
		j.conclude(o, visited, at)
		notified = c.cfg.Notify != nil && c.cfg.Profile.Notifies(o.Status)
		j.Unnotified = notified
		return nil
	})
	if err != nil || !notified {
		return err
	}
	return c.Renotify(id)
}

// Renotify hands the notification of a job's end to the notifier, if it has not
// taken it over yet. While it does not, the job stays unnotified.
func (c *Cloud) Renotify(id int64) error {
	j, err := c.Job(id)
	if err != nil || !j.Unnotified {
		return err
	}
	if err := c.cfg.Notify(j.Notification()); err != nil {
		return fmt.Errorf("notifying that job %d is %s: %w", id, j.Status, err)
	}
	return c.update(id, "noting the notification of", func(now *job) error {
		// A job that was continued and ended again meanwhile has another to make.
		if now.Ended.Equal(j.Ended) {
			now.Unnotified = false
		}
		return nil
	})
}

// Notification is what the job's present status is notified as.
func (j Job) Notification() webhook.Notification {
	return webhook.Notification{
		JobID: j.ID, Status: j.Status,
		SitemapID: j.SitemapID, SitemapName: j.SitemapName, CustomID: j.CustomID,
	}
}

// Stop ends a job that has not ended as its user does, wherever it is in its
// life. A run that is under way has collected half of its rows.
func (c *Cloud) Stop(id int64) error {
	now := c.cfg.Now()
	return c.end(id, now, func(j *job) (Outcome, int) {
		if !j.Status.Ended() && j.Status != webhook.Started {
			j.Status, j.began = webhook.Started, now // only its end is seen
		}
		if c.cfg.Turnouts.any() {
			o, visited, _ := j.turnOut(webhook.Stopped, c.cfg.Profile) // a stop decides
			return o, visited
		}
		return Outcome{Status: webhook.Stopped, Rows: max(j.history.planned/2, j.StoredRecordCount)}, 0
	})
}

// Continue is what a user does with a job that failed or left pages: it waits
// to be scheduled again and keeps the rows that it has.
func (c *Cloud) Continue(id int64) error {
	return c.update(id, "continuing", func(j *job) error {
		if err := j.step(webhook.WaitingToBeScheduled); err != nil {
			return err
		}
		j.Status, j.Queued, j.RunTime = webhook.WaitingToBeScheduled, c.cfg.Now(), 0
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

// update changes one job under the lock. A change that fails leaves the job as
// it was.
func (c *Cloud) update(id int64, doing string, change func(*job) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	j, err := c.jobs.get(id)
	if err != nil {
		return fmt.Errorf("%s a job: %w", doing, err)
	}
	after := *j
	if err = change(&after); err == nil {
		err = c.keep(after.change)
	}
	if err != nil {
		return fmt.Errorf("%s a job: %w", doing, err)
	}
	*j = after
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
		return fmt.Errorf("%w: job %d has %d rows already, so it can't end with %d", ErrOutcome, j.ID, j.StoredRecordCount, o.Rows)
	case o.FailedPages < 0 || o.EmptyPages < 0 || o.NoValuePages < 0:
		return fmt.Errorf("%w: job %d: a count of pages is negative", ErrOutcome, j.ID)
	case o.Status == webhook.Finished && o.imperfect() && c.cfg.Profile.Notifies(webhook.Shelved):
		// webhooks-2020: finished is "without any failed or empty pages"; what
		// has such pages is shelved. The profile of 2022 has dropped shelved.
		return fmt.Errorf("%w: job %d: by the %s profile a job with failed or empty pages is shelved, not finished", ErrOutcome, j.ID, c.cfg.Profile.Name)
	}
	return nil
}

// conclude sets what the end of a run leaves on the job. visited is how many
// start pages were visited, 0 when the outcome did not come of them.
func (j *job) conclude(o Outcome, visited int, now time.Time) {
	j.Status = o.Status
	j.Rows, j.StoredRecordCount = o.Rows, o.Rows
	j.JobsFailed, j.JobsEmpty, j.JobsNoValue = o.FailedPages, o.EmptyPages, o.NoValuePages
	if visited > 0 {
		j.JobsExecuted, j.JobsScheduled = visited, j.history.pages.len()
	} else {
		j.JobsExecuted = goodPages(o.Rows) + o.FailedPages + o.EmptyPages
		j.JobsScheduled = j.JobsExecuted
		if o.Status == webhook.Stopped || o.Status == webhook.Failed {
			j.JobsScheduled++ // at least one page was not reached any more
		}
	}
	j.ScrapingDuration += max(1, int((now.Sub(j.began)+time.Second-1)/time.Second))
	j.Ended, j.ending = now, nil
	j.Runs++
	j.history.runs = slices.Concat(j.history.runs, []run{{o.Rows, visited, o.FailedPages, o.EmptyPages}})
}

// goodPages is how many pages it took to collect that many rows. The first one
// always counts, rows or not.
func goodPages(rows int) int {
	const rowsPerPage = 20
	return max(1, (rows+rowsPerPage-1)/rowsPerPage)
}
