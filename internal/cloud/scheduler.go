package cloud

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
	_ "time/tzdata" // time zones, also where the system has none

	"github.com/scrapehook/scrapehook/internal/cron"
)

// Scheduler is when a sitemap's jobs are made by themselves, and how.
type Scheduler struct {
	Enabled bool
	// The five fields of a cron expression, as they were sent, and the time
	// zone in which they are meant.
	Minute, Hour, Day, Month, Weekday, Timezone string
	RequestInterval, PageLoadDelay              int // ms
	Driver                                      string
	Proxy                                       Proxy
	// After is the moment after which the next job is due: when it was
	// enabled, or when its last job was made.
	After time.Time
}

// DefaultScheduler is the configuration of a sitemap that never had one. What
// the vendor shows then is not stated: an assumption.
func DefaultScheduler() Scheduler {
	return Scheduler{
		Minute: "0", Hour: "0", Day: "*", Month: "*", Weekday: "*", Timezone: "UTC",
		RequestInterval: 2000, PageLoadDelay: 2000, Driver: "fast",
	}
}

// Next is when the next job is due; zero is never.
func (s Scheduler) Next() (time.Time, error) {
	zone, err := time.LoadLocation(s.Timezone)
	if err != nil {
		return time.Time{}, fmt.Errorf("its time zone: %w", err)
	}
	plan, err := cron.Parse(s.Minute, s.Hour, s.Day, s.Month, s.Weekday)
	if err != nil {
		return time.Time{}, err
	}
	return plan.Next(s.After.In(zone)), nil
}

// EnableScheduler gives a sitemap a schedule, which counts from now.
func (c *Cloud) EnableScheduler(id int64, s Scheduler) error {
	if _, err := s.Next(); err != nil {
		return fmt.Errorf("enabling a scheduler: %w", err)
	}
	s.Enabled, s.After = true, c.cfg.Clock.Now()
	return c.updateSitemap(id, "enabling the scheduler of", func(m *sitemap) { m.Scheduler = s })
}

// DisableScheduler stops a sitemap's schedule and keeps its configuration.
func (c *Cloud) DisableScheduler(id int64) error {
	return c.updateSitemap(id, "disabling the scheduler of", func(m *sitemap) { m.Scheduler.Enabled = false })
}

// addScheduledLocked makes the job of a sitemap's scheduler that is due.
func (c *Cloud) addScheduledLocked(sitemapID int64, due time.Time) error {
	m, err := c.sitemaps.get(sitemapID)
	if err != nil {
		return err
	}
	after := *m
	after.Scheduler.After = due
	s := m.Scheduler
	_, err = c.addJobLocked(JobSpec{
		SitemapID: sitemapID, RequestInterval: s.RequestInterval, PageLoadDelay: s.PageLoadDelay,
		Driver: s.Driver, Scheduled: true, Created: due,
	}, move{also: []func() (Change, error){after.change}})
	if err != nil {
		return fmt.Errorf("the scheduler of sitemap %d can't make its job: %w", sitemapID, err)
	}
	c.replaceSitemapLocked(m, after)
	return nil
}

// Proxy is what jobs are to be scraped through, as its JSON: a number or a
// name. The simulated pages are reached without it. Empty is 0.
type Proxy string

// MarshalJSON is for encoding/json.
func (p Proxy) MarshalJSON() ([]byte, error) {
	if p == "" {
		return []byte("0"), nil
	}
	return []byte(p), nil
}

// UnmarshalJSON is for encoding/json.
func (p *Proxy) UnmarshalJSON(data []byte) error {
	var number int64
	var name string
	if json.Unmarshal(data, &number) != nil && json.Unmarshal(data, &name) != nil {
		return errors.New("a proxy is an integer or a name")
	}
	*p = Proxy(data)
	return nil
}
