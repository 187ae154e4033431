// Package cloudjobs has the jobs of a load exist in a simulated cloud, so that
// the receiver can import what it is notified of.
package cloudjobs

import (
	"errors"
	"fmt"
	"sync"

	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/traffic/plan"
	"github.com/scrapehook/scrapehook/webhook"
)

// Jobs come to exist in a cloud just before they are notified.
type Jobs struct {
	cloud *cloud.Cloud
	rows  int

	mu sync.Mutex // held while a job changes, so that a copy of it finds it complete
}

// New adds the sitemaps of a plan to a cloud, and returns the plan again with the
// ids that the cloud gave them. Each job will have so many rows.
func New(c *cloud.Cloud, p *plan.Plan, rows int) (*Jobs, *plan.Plan, error) {
	cfg := p.Config()
	cfg.SitemapIDs = make([]int64, 0, cfg.Sitemaps)
	for _, name := range p.SitemapNames() {
		sitemap, err := c.AddSitemap(name, "")
		if err != nil {
			return nil, nil, fmt.Errorf("adding the sitemap %q: %w", name, err)
		}
		cfg.SitemapIDs = append(cfg.SitemapIDs, sitemap.ID)
	}
	again, err := plan.New(cfg)
	if err != nil {
		return nil, nil, err
	}
	return &Jobs{cloud: c, rows: rows}, again, nil
}

// Announce brings a notification's job into the state that the notification
// tells. It is safe for concurrent use.
func (js *Jobs) Announce(j plan.Job, part plan.Part) error {
	if j.Special == plan.Malformed {
		return nil
	}
	js.mu.Lock()
	defer js.mu.Unlock()
	n := j.Notification
	if part == plan.Continuation {
		if _, err := js.cloud.Continue(n.JobID); err != nil {
			return err
		}
		return js.runLocked(n.JobID, webhook.Finished)
	}
	// A copy may be sent before the first one.
	if _, err := js.cloud.Job(n.JobID); !errors.Is(err, cloud.ErrNotFound) {
		return err
	}
	_, err := js.cloud.AddJob(cloud.JobSpec{ID: n.JobID, SitemapID: n.SitemapID, CustomID: n.CustomID})
	if err != nil {
		return err
	}
	return js.runLocked(n.JobID, n.Status)
}

// runLocked has a job run and end; one that fails or is stopped has half of
// its rows.
func (js *Jobs) runLocked(id int64, end webhook.Status) error {
	rows := js.rows
	if end == webhook.Failed || end == webhook.Stopped {
		rows /= 2
	}
	return js.cloud.End(id, end, rows)
}
