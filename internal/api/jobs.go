package api

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/scrapehook/scrapehook/internal/cloud"
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

// jobs is GET scraping-jobs.
func (s *server) jobs(r *http.Request) (any, error) {
	query, number := r.URL.Query(), pageNumber(r)
	filter := cloud.JobFilter{Tag: query.Get("tag")}
	if text := query.Get("sitemap_id"); text != "" {
		var err error
		if filter.SitemapID, err = strconv.ParseInt(text, 10, 64); err != nil || filter.SitemapID <= 0 {
			return nil, invalid("sitemap_id", "The sitemap id must be an integer.")
		}
	}
	found, total := s.cfg.Cloud.Jobs(filter, (number-1)*perPage, perPage)
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
		return nil, invalid("sitemap_id", "The selected sitemap id is invalid.")
	}
	if err != nil {
		return nil, err
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
	f, err := parseFields(body, "scraping_job", "The scraping job must be a JSON object.")
	if err != nil {
		return cloud.JobSpec{}, err
	}
	var spec cloud.JobSpec
	spec.SitemapID = f.integer("sitemap_id", 1)
	f.scraping(&spec.Driver, &spec.PageLoadDelay, &spec.RequestInterval)
	spec.CustomID = f.optionalText("custom_id")
	spec.StartURLs = f.optionalTexts("start_urls")
	return spec, f.wrong.Err()
}
