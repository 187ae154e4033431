package cloud

import (
	"fmt"
	"slices"
	"time"

	"github.com/scrapehook/scrapehook/internal/draw"
	"github.com/scrapehook/scrapehook/webhook"
)

// Ending is how a run of a job ends.
type Ending struct {
	// Status is failed, finished, shelved or stopped.
	Status webhook.Status
	// Rows are those of the job in all, earlier runs included, so they never
	// become fewer; negative: as many as were planned.
	Rows int
	// Pages that failed, gave no record, or gave records without some values.
	FailedPages, EmptyPages, NoValuePages int

	// visited is how many start pages were visited, 0 when the ending did not
	// come of them.
	visited int
}

// imperfect reports whether the run left pages that a user may continue with.
func (e Ending) imperfect() bool { return e.FailedPages > 0 || e.EmptyPages > 0 }

// withRows is e with the planned rows where it does not say.
func (j *job) withRows(e Ending) Ending {
	if e.Rows < 0 {
		e.Rows = max(j.Rows, j.StoredRecordCount)
	}
	return e
}

// typical is an ending with status s and the pages that its definition wants.
func (j *job) typical(s webhook.Status, rows int) Ending {
	e := j.withRows(Ending{Status: s, Rows: rows})
	if s == webhook.Failed {
		e.FailedPages = goodPages(e.Rows) + 1
	}
	if s == webhook.Shelved {
		e.EmptyPages = 1
	}
	return e
}

// stopped is how a run ends that its user stops: half of the rows were
// collected, or half of the start pages visited.
func (c *Cloud) stopped(j *job) Ending {
	if c.cfg.Turnouts.any() {
		e, _ := j.turnOut(webhook.Stopped, c.cfg.Profile) // a stop decides
		return e
	}
	return Ending{Status: webhook.Stopped, Rows: max(j.history.planned/2, j.StoredRecordCount)}
}

// natural is how a run ends by itself: as the job's spec says; or as its start
// pages turn out, failed when more than half of them fail; or, when all of them
// are full, with status drawn. A job that is stopped has visited half of its
// pages, and one that is drawn to fail has half of its rows.
func (c *Cloud) natural(j *job, drawn webhook.Status) Ending {
	if j.ending != nil {
		return j.withRows(*j.ending)
	}
	if c.cfg.Turnouts.any() {
		if e, decided := j.turnOut(drawn, c.cfg.Profile); decided {
			return e
		}
	}
	rows := j.history.planned
	if drawn == webhook.Failed || drawn == webhook.Stopped {
		rows /= 2
	}
	return j.typical(drawn, max(rows, j.StoredRecordCount))
}

// turnOut is the ending that the start pages decide; they do not when they are
// all full and what is drawn is neither finished nor a stop.
func (j *job) turnOut(drawn webhook.Status, profile webhook.Profile) (e Ending, decided bool) {
	visited := j.history.pages.Len()
	if drawn == webhook.Stopped {
		visited = (visited + 1) / 2
		if runs := j.history.runs; len(runs) > 0 { // a page is not unvisited again
			visited = max(visited, runs[len(runs)-1].Visited)
		}
	}
	r := j.history.next(visited)
	e = Ending{Status: webhook.Finished, Rows: r.Rows, FailedPages: r.Failed, EmptyPages: r.Empty, visited: visited}
	switch {
	case drawn == webhook.Stopped:
		e.Status = webhook.Stopped
	case 2*r.Failed > visited: // webhooks-2020: "more than 50%"
		e.Status = webhook.Failed
	case e.imperfect() && profile.Notifies(webhook.Shelved):
		e.Status = webhook.Shelved
	case !e.imperfect() && drawn != webhook.Finished:
		return Ending{}, false
	}
	return e, true
}

// checkEnding says why the job's run can't end like that.
func (j *job) checkEnding(e Ending, profile webhook.Profile) error {
	switch {
	case e.Rows < j.StoredRecordCount:
		return fmt.Errorf("%w: job %d has %d rows already, so it can't end with %d", ErrEnding, j.ID, j.StoredRecordCount, e.Rows)
	case e.FailedPages < 0 || e.EmptyPages < 0 || e.NoValuePages < 0:
		return fmt.Errorf("%w: job %d: a count of pages is negative", ErrEnding, j.ID)
	case e.Status == webhook.Finished && e.imperfect() && profile.Notifies(webhook.Shelved):
		// webhooks-2020: finished is "without any failed or empty pages"; what
		// has such pages is shelved. The profile of 2022 has dropped shelved.
		return fmt.Errorf("%w: job %d: by the %s profile a job with failed or empty pages is shelved, not finished", ErrEnding, j.ID, profile.Name)
	}
	if err := checkRows(e.Rows); err != nil {
		return err
	}
	return j.checkFile(e.Rows)
}

// conclude sets what the end of a run leaves on the job, beside its status.
func (j *job) conclude(e Ending, now time.Time) {
	j.Rows, j.StoredRecordCount = e.Rows, e.Rows
	j.JobsFailed, j.JobsEmpty, j.JobsNoValue = e.FailedPages, e.EmptyPages, e.NoValuePages
	if e.visited > 0 {
		j.JobsExecuted, j.JobsScheduled = e.visited, j.history.pages.Len()
	} else {
		j.JobsExecuted = goodPages(e.Rows) + e.FailedPages + e.EmptyPages
		j.JobsScheduled = j.JobsExecuted
		if e.Status == webhook.Stopped || e.Status == webhook.Failed {
			j.JobsScheduled++ // at least one page was not reached any more
		}
	}
	j.ScrapingDuration += max(1, int((now.Sub(j.began)+time.Second-1)/time.Second))
	j.Ended, j.ending = now, nil
	j.Runs++
	j.history.runs = slices.Concat(j.history.runs, []run{{e.Rows, e.visited, e.FailedPages, e.EmptyPages}})
}

// goodPages is how many pages it took to collect that many rows. The first one
// always counts, rows or not.
func goodPages(rows int) int {
	const rowsPerPage = 20
	return max(1, (rows+rowsPerPage-1)/rowsPerPage)
}

// Mix says how jobs end: the weights of the statuses. The zero value is always
// finished.
type Mix = draw.Weights[webhook.Status]

// checkMix says what is wrong with a mix under a profile.
func checkMix(mix Mix, profile webhook.Profile) error {
	if len(mix) == 0 {
		return nil
	}
	for _, w := range mix {
		if !w.Value.Ended() {
			return fmt.Errorf("jobs can't end %q: use one of %v", w.Value, profile.Notifying)
		}
		if !profile.Notifies(w.Value) {
			return fmt.Errorf("jobs can't end %s in profile %s", w.Value, profile.Name)
		}
	}
	if err := mix.Check(); err != nil {
		return fmt.Errorf("how jobs end: %w", err)
	}
	return nil
}

// The cloud draws independently for different ends.
const (
	forJobTimes = iota + 1
	forStatuses
)

// drawStatus draws how a job's run ends, as a pure function of the seed, its id
// and its earlier runs.
func (c *Cloud) drawStatus(j *job) webhook.Status {
	if len(c.cfg.EndStatuses) == 0 {
		return webhook.Finished
	}
	d := draw.Of(c.cfg.Seed+uint64(j.Runs)<<32, forStatuses, j.ID) //nolint:gosec // bits, not a number
	return c.cfg.EndStatuses.Pick(d.Float64())
}
