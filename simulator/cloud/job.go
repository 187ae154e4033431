package cloud

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/scrapehook/scrapehook/webhook"
)

// Job is a scraping job as the API shows it. The contract's fields have Go's
// spelling of their names.
type Job struct {
	ID          int64
	CustomID    string // empty: none
	SitemapID   int64
	SitemapName string
	Status      webhook.Status
	TestRun     bool
	// The pages: to visit, visited, and of those the failed ones, the ones
	// without a record, and the ones whose records miss values.
	JobsScheduled, JobsExecuted, JobsFailed, JobsEmpty, JobsNoValue int
	// StoredRecordCount is how many rows can be downloaded now.
	StoredRecordCount int
	// Rows is how many rows the job has when it ends: those that were planned,
	// and after its end those that it got.
	Rows            int
	RequestInterval int    // ms
	PageLoadDelay   int    // ms
	Driver          string // fast or fulljs
	Scheduled       bool   // made by a scheduler
	Created         time.Time
	// ScrapingDuration is in whole seconds, rounded up in each run of the job,
	// so a continued job's is always longer than before.
	ScrapingDuration int
}

// JobSpec says what job to add. Its zero value, with a SitemapID, is usable.
type JobSpec struct {
	// ID of the job; 0 is the next free one.
	ID        int64
	SitemapID int64
	CustomID  string
	// Rows are planned, for an [Cloud.End] that does not say how many.
	Rows int
	// Records makes row i of the job, a JSON object without a line's end. It
	// must be a pure function, since rows are never stored, and safe for
	// concurrent use. Nil: rows are generated from the sitemap's selectors.
	Records func(i int) []byte
	// StartURLs replace the sitemap's own; empty: the sitemap's.
	StartURLs       []string
	RequestInterval int    // ms
	PageLoadDelay   int    // ms
	Driver          string // empty is "fast"
	TestRun         bool
}

type job struct {
	Job
	began   time.Time // when its present run started
	records func(i int) []byte
	layout  *layout
	// startURLs are never changed, so a reader may hold them without the lock.
	startURLs []string
}

// AddJob adds a job, which waits to be scheduled. It moves only when it is told
// to. A sitemap that does not exist is ErrNotFound, a taken id ErrExists.
func (c *Cloud) AddJob(spec JobSpec) (Job, error) {
	if spec.Rows < 0 {
		return Job{}, fmt.Errorf("adding a job: %d rows are too few", spec.Rows)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s, err := c.sitemaps.get(spec.SitemapID)
	if err != nil {
		return Job{}, fmt.Errorf("adding a job: its sitemap: %w", err)
	}
	id, err := c.jobs.claim(spec.ID)
	if err != nil {
		return Job{}, fmt.Errorf("adding a job: %w", err)
	}
	j := &job{
		Job: Job{
			ID: id, CustomID: spec.CustomID,
			SitemapID: s.ID, SitemapName: s.Name,
			Status: webhook.WaitingToBeScheduled, TestRun: spec.TestRun,
			Rows:            spec.Rows,
			RequestInterval: spec.RequestInterval,
			PageLoadDelay:   spec.PageLoadDelay,
			Driver:          cmp.Or(spec.Driver, "fast"),
			Created:         c.cfg.Now(),
		},
		records: spec.Records, layout: s.layout, startURLs: s.StartURLs,
	}
	if len(spec.StartURLs) > 0 {
		j.startURLs = slices.Clone(spec.StartURLs)
	}
	c.jobs.put(id, j)
	return j.Job, nil
}

// Job returns one job, or ErrNotFound.
func (c *Cloud) Job(id int64) (Job, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	j, err := c.jobs.get(id)
	if err != nil {
		return Job{}, fmt.Errorf("looking for a job: %w", err)
	}
	return j.Job, nil
}

// DeleteJob removes a job and its rows, or returns ErrNotFound. Rows that are
// being read at the moment are read to their end.
func (c *Cloud) DeleteJob(id int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.jobs.remove(id); err != nil {
		return fmt.Errorf("deleting a job: %w", err)
	}
	return nil
}

// Jobs returns up to limit jobs after the first offset, oldest first, and how
// many there are in all. A sitemapID other than 0 restricts both to its jobs.
func (c *Cloud) Jobs(sitemapID int64, offset, limit int) (page []Job, total int) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	found, total := c.jobs.page(offset, limit, func(j *job) bool {
		return sitemapID == 0 || j.SitemapID == sitemapID
	})
	for _, j := range found {
		page = append(page, j.Job)
	}
	return page, total
}
