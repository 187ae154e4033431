package api

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/scrapehook/scrapehook/internal/cloud"
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

// cronField is a field of a cron expression: a text, or a bare number.
type cronField string

// UnmarshalJSON is for encoding/json.
func (c *cronField) UnmarshalJSON(data []byte) error {
	var n int
	if json.Unmarshal(data, &n) == nil {
		*c = cronField(strconv.Itoa(n))
		return nil
	}
	return json.Unmarshal(data, (*string)(c))
}

// parseScheduler reads a scheduler's configuration and names every field that
// is wrong.
func parseScheduler(body []byte) (cloud.Scheduler, error) {
	f, err := parseFields(body, "scheduler", "The scheduler must be a JSON object.")
	if err != nil {
		return cloud.Scheduler{}, err
	}
	var c cloud.Scheduler
	for _, field := range []struct {
		name string
		to   *string
		// alone is an expression of nothing but this field.
		alone cloud.Scheduler
	}{
		{"cron_minute", &c.Minute, cloud.Scheduler{Hour: "*", Day: "*", Month: "*", Weekday: "*"}},
		{"cron_hour", &c.Hour, cloud.Scheduler{Minute: "*", Day: "*", Month: "*", Weekday: "*"}},
		{"cron_day", &c.Day, cloud.Scheduler{Minute: "*", Hour: "*", Month: "*", Weekday: "*"}},
		{"cron_month", &c.Month, cloud.Scheduler{Minute: "*", Hour: "*", Day: "*", Weekday: "*"}},
		{"cron_weekday", &c.Weekday, cloud.Scheduler{Minute: "*", Hour: "*", Day: "*", Month: "*"}},
	} {
		f.required(field.name, (*cronField)(field.to), func() bool {
			return cronOK(field.alone, *field.to)
		}, "The "+field.name+" must be a field of a cron expression.")
	}
	f.required("cron_timezone", &c.Timezone, func() bool {
		_, err := time.LoadLocation(c.Timezone)
		return err == nil && c.Timezone != "" && c.Timezone != "Local"
	}, "The cron_timezone must be a time zone.")
	f.scraping(&c.Driver, &c.PageLoadDelay, &c.RequestInterval, &c.Proxy)
	return c, f.wrong.Err()
}

// cronOK reports whether value is right as the one field that alone lacks.
func cronOK(alone cloud.Scheduler, value string) bool {
	for _, field := range []*string{&alone.Minute, &alone.Hour, &alone.Day, &alone.Month, &alone.Weekday} {
		if *field == "" {
			*field = value
		}
	}
	_, err := alone.Next()
	return err == nil && value != ""
}
