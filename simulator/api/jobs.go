package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/scrapehook/scrapehook/simulator/cloud"
	"github.com/scrapehook/scrapehook/webhook"
)

// jobJSON has exactly the contract's keys: the PHP SDK compares the whole set.
type jobJSON struct {
	ID                int64          `json:"id"`
	CustomID          *string        `json:"custom_id"`
	SitemapName       string         `json:"sitemap_name"`
	Status            webhook.Status `json:"status"`
	SitemapID         int64          `json:"sitemap_id"`
	TestRun           int            `json:"test_run"`
	JobsScheduled     int            `json:"jobs_scheduled"`
	JobsExecuted      int            `json:"jobs_executed"`
	JobsFailed        int            `json:"jobs_failed"`
	JobsEmpty         int            `json:"jobs_empty"`
	JobsNoValue       int            `json:"jobs_no_value"`
	StoredRecordCount int            `json:"stored_record_count"`
	RequestInterval   int            `json:"request_interval"`
	PageLoadDelay     int            `json:"page_load_delay"`
	Driver            string         `json:"driver"`
	Scheduled         int            `json:"scheduled"`
	TimeCreated       int64          `json:"time_created"`
	ScrapingDuration  int            `json:"scraping_duration"`
}

func newJobJSON(j cloud.Job) jobJSON {
	return jobJSON{
		ID: j.ID, CustomID: orNull(j.CustomID),
		SitemapName: j.SitemapName, Status: j.Status, SitemapID: j.SitemapID, TestRun: bit(j.TestRun),
		JobsScheduled: j.JobsScheduled, JobsExecuted: j.JobsExecuted, JobsFailed: j.JobsFailed,
		JobsEmpty: j.JobsEmpty, JobsNoValue: j.JobsNoValue, StoredRecordCount: j.StoredRecordCount,
		RequestInterval: j.RequestInterval, PageLoadDelay: j.PageLoadDelay, Driver: j.Driver,
		Scheduled: bit(j.Scheduled), TimeCreated: j.Created.Unix(), ScrapingDuration: j.ScrapingDuration,
	}
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// job is GET scraping-job/{id}.
func (s *server) job(r *http.Request) (any, error) {
	id, err := pathID(r)
	if err != nil {
		return nil, err
	}
	j, err := s.cfg.Cloud.Job(id)
	if err != nil {
		return nil, err
	}
	return newJobJSON(j), nil
}

// deleteJob is DELETE scraping-job/{id}.
func (s *server) deleteJob(r *http.Request) (any, error) {
	id, err := pathID(r)
	if err != nil {
		return nil, err
	}
	return "ok", s.cfg.Cloud.DeleteJob(id)
}

// jobs is GET scraping-jobs. A tag finds none; see sitemaps.
func (s *server) jobs(r *http.Request) (any, error) {
	query, number := r.URL.Query(), pageNumber(r)
	var sitemapID int64
	if text := query.Get("sitemap_id"); text != "" {
		var err error
		if sitemapID, err = strconv.ParseInt(text, 10, 64); err != nil || sitemapID <= 0 {
			return nil, invalid("sitemap_id", "The sitemap_id must be a positive integer.")
		}
	}
	if query.Get("tag") != "" {
		return newPage[jobJSON](number, 0, nil), nil
	}
	found, total := s.cfg.Cloud.Jobs(sitemapID, (number-1)*perPage, perPage)
	return newPage(number, total, each(found, newJobJSON)), nil
}

// createJob is POST scraping-job.
func (s *server) createJob(r *http.Request) (any, error) {
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	spec, err := parseJob(body)
	if err != nil {
		return nil, err
	}
	j, err := s.cfg.Cloud.AddJob(spec)
	if errors.Is(err, cloud.ErrNotFound) {
		return nil, invalid("sitemap_id", "The selected sitemap_id is invalid.")
	}
	if err != nil {
		return nil, err
	}
	if s.cfg.JobCreated != nil {
		s.cfg.JobCreated(j)
	}
	return struct {
		ID       int64   `json:"id"`
		CustomID *string `json:"custom_id"`
	}{j.ID, orNull(j.CustomID)}, nil
}

func invalid(field, text string) error {
	var e cloud.ValidationError
	e.Add(field, text)
	return &e
}

// parseJob reads a job's configuration and names every field that is wrong.
func parseJob(body []byte) (cloud.JobSpec, error) {
	var raw map[string]json.RawMessage
	if json.Unmarshal(body, &raw) != nil || raw == nil {
		return cloud.JobSpec{}, invalid("scraping_job", "The scraping job must be a JSON object.")
	}
	var spec cloud.JobSpec
	var wrong cloud.ValidationError
	required := func(field string, v any, ok func() bool, text string) {
		switch value, given := raw[field]; {
		case !given || string(value) == "null":
			wrong.Add(field, "The "+field+" field is required.")
		case json.Unmarshal(value, v) != nil || !ok():
			wrong.Add(field, text)
		}
	}
	optional := func(field string, v any, text string) {
		if value, given := raw[field]; given && json.Unmarshal(value, v) != nil {
			wrong.Add(field, text)
		}
	}
	required("sitemap_id", &spec.SitemapID, func() bool { return spec.SitemapID > 0 },
		"The sitemap_id must be a positive integer.")
	required("driver", &spec.Driver, func() bool { return spec.Driver == "fast" || spec.Driver == "fulljs" },
		"The driver must be fast or fulljs.")
	required("page_load_delay", &spec.PageLoadDelay, func() bool { return spec.PageLoadDelay >= 0 },
		"The page_load_delay must be an integer of at least 0.")
	required("request_interval", &spec.RequestInterval, func() bool { return spec.RequestInterval >= 0 },
		"The request_interval must be an integer of at least 0.")
	optional("custom_id", &spec.CustomID, "The custom_id must be a string.")
	optional("start_urls", &spec.StartURLs, "The start_urls must be an array of URLs.")
	// The simulated pages are reached without a proxy; it is only checked.
	if value, given := raw["proxy"]; given && !proxyOK(value) {
		wrong.Add("proxy", "The proxy must be an integer or a name.")
	}
	return spec, wrong.Err()
}

func proxyOK(value json.RawMessage) bool {
	var number int64
	var name string
	return json.Unmarshal(value, &number) == nil || json.Unmarshal(value, &name) == nil
}
