package api

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/cron"
)

// schedulerJSON has exactly the contract's fields.
type schedulerJSON struct {
	Enabled         bool        `json:"scheduler_enabled"`
	Minute          string      `json:"cron_minute"`
	Hour            string      `json:"cron_hour"`
	Day             string      `json:"cron_day"`
	Month           string      `json:"cron_month"`
	Weekday         string      `json:"cron_weekday"`
	Timezone        string      `json:"cron_timezone"`
	RequestInterval int         `json:"request_interval"`
	PageLoadDelay   int         `json:"page_load_delay"`
	Driver          string      `json:"driver"`
	Proxy           cloud.Proxy `json:"proxy"`
}

// scheduler is GET sitemap/{id}/scheduler.
func (s *server) scheduler(r *http.Request) (any, error) {
	id, err := pathID(r)
	if err != nil {
		return nil, err
	}
	m, err := s.cfg.Cloud.Sitemap(id)
	if err != nil {
		return nil, err
	}
	c := m.Scheduler
	return schedulerJSON{
		c.Enabled, c.Minute, c.Hour, c.Day, c.Month, c.Weekday, c.Timezone,
		c.RequestInterval, c.PageLoadDelay, c.Driver, c.Proxy,
	}, nil
}

// enableScheduler is POST sitemap/{id}/enable-scheduler.
func (s *server) enableScheduler(r *http.Request) (any, error) {
	id, err := pathID(r)
	if err != nil {
		return nil, err
	}
	if _, err := s.cfg.Cloud.Sitemap(id); err != nil {
		return nil, err // before the body is judged
	}
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	config, err := parseScheduler(body)
	if err != nil {
		return nil, err
	}
	return "ok", s.cfg.Cloud.EnableScheduler(id, config)
}

// disableScheduler is POST sitemap/{id}/disable-scheduler.
func (s *server) disableScheduler(r *http.Request) (any, error) {
	id, err := pathID(r)
	if err != nil {
		return nil, err
	}
	return "ok", s.cfg.Cloud.DisableScheduler(id)
}

// parseScheduler reads a scheduler's configuration and names every field that
// is wrong.
func parseScheduler(body []byte) (cloud.Scheduler, error) {
	f, err := parseFields(body, "scheduler", "The scheduler must be a JSON object.")
	if err != nil {
		return cloud.Scheduler{}, err
	}
	c := cloud.Scheduler{
		Minute:   f.cron("cron_minute", cron.Minute),
		Hour:     f.cron("cron_hour", cron.Hour),
		Day:      f.cron("cron_day", cron.Day),
		Month:    f.cron("cron_month", cron.Month),
		Weekday:  f.cron("cron_weekday", cron.Weekday),
		Timezone: f.timezone("cron_timezone"),
	}
	c.Proxy = f.scraping(&c.Driver, &c.PageLoadDelay, &c.RequestInterval)
	return c, f.wrong.Err()
}

// cron is a required field of a schedule: a text, or a bare number.
func (f *fields) cron(name string, field cron.Field) string {
	value, ok := f.required(name)
	if !ok {
		return ""
	}
	text := string(value)
	var number int
	if json.Unmarshal(value, &number) != nil && json.Unmarshal(value, &text) != nil {
		text = ""
	}
	if field.Check(text) != nil {
		f.refuse(name, "format is invalid.")
	}
	return text
}

// timezone is the required name of a time zone.
func (f *fields) timezone(name string) string {
	value, ok := f.required(name)
	if !ok {
		return ""
	}
	var zone string
	if json.Unmarshal(value, &zone) != nil || zone == "" || zone == "Local" {
		f.refuse(name, "must be a valid timezone.")
	} else if _, err := time.LoadLocation(zone); err != nil {
		f.refuse(name, "must be a valid timezone.")
	}
	return zone
}
