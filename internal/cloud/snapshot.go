package cloud

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/scrapehook/scrapehook/internal/sitemaps"
)

// The kinds of objects that a [Change] is about.
const (
	KindSitemap = "sitemap"
	KindJob     = "job"
)

// Transaction is what one verb changes. It lasts as a whole or not at all.
type Transaction struct {
	// Reset: everything that was kept before is gone, with the deliveries that
	// came of it.
	Reset   bool
	Changes []Change
	// Waiting are new entries of the outbox.
	Waiting []Waiting
	// NextSitemap and NextJob are what the cloud's own sequences of ids go on
	// with; 0: as before.
	NextSitemap, NextJob int64
}

// Change is one object's state after a change.
type Change struct {
	Kind string // KindSitemap or KindJob
	ID   int64
	// State is for [Cloud.Restore] alone to read; nil: the object is gone.
	State []byte
	// Retired: the object is gone, and its id must be remembered, because the
	// sequence has yet to come to it.
	Retired bool
}

// sequences are the next ids.
type sequences struct{ sitemap, job int64 }

// jobState is a job as it is kept. What follows from it is made again.
type jobState struct {
	Job       Job
	Began     time.Time
	Ending    *Ending
	Selectors []sitemaps.Selector // of the layout
	StartURLs []string
	Planned   int
	Runs      []run
}

// ErrKept says that what was kept of an object can't be a cloud's.
var ErrKept = errors.New("it makes no sense")

// check says what no job can have: numbers that rows and pages would be counted by
// for ever.
func (s *jobState) check(pages int) error {
	rows := []int{s.Job.Rows, s.Job.StoredRecordCount, s.Planned}
	counts := []int{s.Job.JobsFailed, s.Job.JobsEmpty, s.Job.JobsNoValue}
	if e := s.Ending; e != nil {
		rows = append(rows, max(e.Rows, 0)) // below it is what is planned
		counts = append(counts, e.FailedPages, e.EmptyPages, e.NoValuePages)
	}
	before := 0
	for _, r := range s.Runs {
		rows, counts = append(rows, r.Rows), append(counts, r.Failed, r.Empty)
		if r.Rows < before || r.Visited < 0 || r.Visited > pages {
			return fmt.Errorf("%w: a run of %d rows and %d pages", ErrKept, r.Rows, r.Visited)
		}
		before = r.Rows
	}
	for _, n := range rows {
		if checkRows(n) != nil {
			return fmt.Errorf("%w: %d rows", ErrKept, n)
		}
	}
	if n := slices.Min(counts); n < 0 || slices.Max(counts) > math.MaxInt32 {
		return fmt.Errorf("%w: the counts of pages %v", ErrKept, counts)
	}
	if len(s.Runs) > 0 && before < s.Job.StoredRecordCount {
		return fmt.Errorf("%w: %d rows of %d", ErrKept, s.Job.StoredRecordCount, before)
	}
	return nil
}

// commitLocked makes changes, and new entries of the outbox, last together.
func (c *Cloud) commitLocked(waiting []Waiting, changes ...func() (Change, error)) error {
	if c.cfg.Keep == nil {
		return nil // spares the encoding
	}
	tx := Transaction{Waiting: waiting, Changes: make([]Change, 0, len(changes))}
	for _, change := range changes {
		one, err := change()
		if err != nil {
			return err
		}
		tx.Changes = append(tx.Changes, one)
	}
	next := sequences{c.sitemaps.next, c.jobs.next}
	if next.sitemap != c.kept.sitemap {
		tx.NextSitemap = next.sitemap
	}
	if next.job != c.kept.job {
		tx.NextJob = next.job
	}
	if err := c.cfg.Keep(tx); err != nil {
		return err
	}
	c.kept = next
	return nil
}

func (j *job) change() (Change, error) {
	state, err := json.Marshal(jobState{
		j.Job, j.began, j.ending, j.layout.Selectors, j.startURLs, j.history.planned, j.history.runs,
	})
	if err != nil {
		return Change{}, fmt.Errorf("encoding job %d: %w", j.ID, err)
	}
	return Change{Kind: KindJob, ID: j.ID, State: state}, nil
}

func (m *sitemap) change() (Change, error) {
	state, err := json.Marshal(m.Sitemap)
	if err != nil {
		return Change{}, fmt.Errorf("encoding sitemap %d: %w", m.ID, err)
	}
	return Change{Kind: KindSitemap, ID: m.ID, State: state}, nil
}

// Restore takes in what was kept. It is for a cloud that nobody uses yet;
// objects must come in the order of their making, and the outbox in its own.
func (c *Cloud) Restore(tx Transaction) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if tx.NextSitemap > 0 {
		c.sitemaps.next = tx.NextSitemap
	}
	if tx.NextJob > 0 {
		c.jobs.next = tx.NextJob
	}
	c.kept = sequences{c.sitemaps.next, c.jobs.next}
	for _, kept := range tx.Changes {
		if err := c.restoreObjectLocked(kept); err != nil {
			return fmt.Errorf("restoring %s %d: %w", kept.Kind, kept.ID, err)
		}
	}
	c.outbox.add(tx.Waiting)
	return nil
}

func (c *Cloud) restoreObjectLocked(kept Change) error {
	switch {
	case kept.State == nil:
		c.retireLocked(kept)
		return nil
	case kept.Kind == KindSitemap:
		return c.restoreSitemapLocked(kept)
	case kept.Kind == KindJob:
		return c.restoreJobLocked(kept)
	}
	return fmt.Errorf("%q is not a kind of object", kept.Kind)
}

func (c *Cloud) restoreSitemapLocked(kept Change) error {
	var state Sitemap
	if err := json.Unmarshal(kept.State, &state); err != nil {
		return err
	}
	parsed, err := sitemaps.ParseKept([]byte(state.Body))
	if err != nil {
		return err
	}
	m, err := c.sitemapOf(parsed)
	if err != nil {
		return err
	}
	m.Sitemap = state
	c.indexSitemapLocked(m)
	return nil
}

func (c *Cloud) restoreJobLocked(kept Change) error {
	var state jobState
	if err := json.Unmarshal(kept.State, &state); err != nil {
		return err
	}
	pages, err := sitemaps.NewPages(state.StartURLs)
	if err == nil {
		err = state.check(pages.Len())
	}
	if err != nil {
		return err
	}
	layout, err := c.layoutOf(state.Selectors)
	if err != nil {
		return err
	}
	j := &job{
		Job: state.Job, began: state.Began, ending: state.Ending,
		layout: layout, startURLs: state.StartURLs,
		history: c.newHistory(kept.ID, pages, state.Planned),
	}
	if file := c.records(j.SitemapName); file != nil {
		j.file = file
		if err := j.checkFile(j.StoredRecordCount); err != nil {
			return fmt.Errorf("%w: bring the file that it had, or begin with another state", err)
		}
		// A run to come can't plan more than there is.
		j.Rows, j.history.planned = min(j.Rows, file.Len()), min(j.history.planned, file.Len())
	}
	j.history.runs = state.Runs
	c.indexJobLocked(j)
	c.byStatus[j.Status]++
	c.setDueLocked(j)
	return nil
}
