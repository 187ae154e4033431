package cloud

import (
	"encoding/json"
	"fmt"
	"time"
)

// The kinds of objects that a [Change] is about.
const (
	KindSitemap = "sitemap"
	KindJob     = "job"
)

// Change is one object's state after a change, for whoever makes it last.
type Change struct {
	Kind string // KindSitemap or KindJob
	ID   int64
	// State is for [Cloud.Restore] alone to read; nil: the object is gone, and
	// its id must not be given again.
	State []byte
}

// jobState is a job as it is kept. What follows from it is made again.
type jobState struct {
	Job       Job
	Began     time.Time
	Ending    *Outcome
	Columns   []string // of the layout
	StartURLs []string
	Planned   int
	Runs      []run
}

// keep makes changes last.
func (c *Cloud) keep(changes ...func() (Change, error)) error {
	made := make([]Change, 0, len(changes))
	for _, change := range changes {
		one, err := change()
		if err != nil {
			return err
		}
		made = append(made, one)
	}
	return c.cfg.Keep(made...)
}

func (j *job) change() (Change, error) {
	state, err := json.Marshal(jobState{
		j.Job, j.began, j.ending, j.layout.names, j.startURLs, j.history.planned, j.history.runs,
	})
	if err != nil {
		return Change{}, fmt.Errorf("encoding job %d: %w", j.ID, err)
	}
	return Change{KindJob, j.ID, state}, nil
}

func (m *sitemap) change() (Change, error) {
	state, err := json.Marshal(m.Sitemap)
	if err != nil {
		return Change{}, fmt.Errorf("encoding sitemap %d: %w", m.ID, err)
	}
	return Change{KindSitemap, m.ID, state}, nil
}

// Restore takes in an object as it was kept. It is for a cloud that nobody uses
// yet; objects must come in the order of their making.
func (c *Cloud) Restore(kept Change) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := fmt.Errorf("no such kind of object: %q", kept.Kind)
	switch kept.Kind {
	case KindSitemap:
		err = c.restoreSitemapLocked(kept)
	case KindJob:
		err = c.restoreJobLocked(kept)
	}
	if err != nil {
		return fmt.Errorf("restoring %s %d: %w", kept.Kind, kept.ID, err)
	}
	return nil
}

func (c *Cloud) restoreSitemapLocked(kept Change) error {
	c.sitemaps.next = max(c.sitemaps.next, kept.ID+1)
	if kept.State == nil {
		return nil
	}
	var state Sitemap
	if err := json.Unmarshal(kept.State, &state); err != nil {
		return err
	}
	m, err := parseSitemap(state.Body)
	if err != nil {
		return err
	}
	m.Sitemap = state
	c.sitemaps.put(kept.ID, m)
	return nil
}

func (c *Cloud) restoreJobLocked(kept Change) error {
	c.jobs.next = max(c.jobs.next, kept.ID+1)
	if kept.State == nil {
		return nil
	}
	var state jobState
	if err := json.Unmarshal(kept.State, &state); err != nil {
		return err
	}
	pages, err := newPageSet(state.StartURLs)
	if err != nil {
		return err
	}
	j := &job{
		Job: state.Job, began: state.Began, ending: state.Ending,
		layout: newLayout(state.Columns), startURLs: state.StartURLs,
		history: c.newHistory(kept.ID, pages, state.Planned),
	}
	j.columns = j.layout.described()
	if file := c.records(j.SitemapName); file != nil {
		j.useFile(file)
	}
	j.history.runs = state.Runs
	c.jobs.put(kept.ID, j)
	return nil
}
