package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
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
			return nil, invalid("sitemap_id", "The sitemap_id must be a positive integer.")
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
		return nil, invalid("sitemap_id", "The selected sitemap_id is invalid.")
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

// fields reads the members of a JSON object and notes each one that is wrong.
type fields struct {
	raw   map[string]json.RawMessage
	wrong cloud.ValidationError
}

// parseFields reads a body, which what names if it is no object.
func parseFields(body []byte, what, text string) (*fields, error) {
	f := &fields{}
	if json.Unmarshal(body, &f.raw) != nil || f.raw == nil {
		return nil, invalid(what, text)
	}
	return f, nil
}

// required reads a member into v. text says what is right; ok, if not nil, has
// the last word.
func (f *fields) required(name string, v any, ok func() bool, text string) {
	value, given := f.raw[name]
	if !given || string(value) == "null" {
		f.wrong.Add(name, "The "+name+" field is required.")
		return
	}
	if json.Unmarshal(value, v) != nil || (ok != nil && !ok()) {
		f.wrong.Add(name, text)
	}
}

// optional reads a member into v if it is there and not null.
func (f *fields) optional(name string, v any, text string) {
	if value, given := f.raw[name]; given && json.Unmarshal(value, v) != nil {
		f.wrong.Add(name, text)
	}
}

// scraping reads what jobs and schedulers have in common. The simulated pages
// are reached without a proxy; it is only checked.
func (f *fields) scraping(driver *string, pageLoadDelay, requestInterval *int, proxy *cloud.Proxy) {
	f.required("driver", driver, func() bool { return *driver == "fast" || *driver == "fulljs" },
		"The driver must be fast or fulljs.")
	f.required("page_load_delay", pageLoadDelay, func() bool { return *pageLoadDelay >= 0 },
		"The page_load_delay must be an integer of at least 0.")
	f.required("request_interval", requestInterval, func() bool { return *requestInterval >= 0 },
		"The request_interval must be an integer of at least 0.")
	f.optional("proxy", proxy, "The proxy must be an integer or a name.")
}

// parseJob reads a job's configuration and names every field that is wrong.
func parseJob(body []byte) (cloud.JobSpec, error) {
	f, err := parseFields(body, "scraping_job", "The scraping job must be a JSON object.")
	if err != nil {
		return cloud.JobSpec{}, err
	}
	var spec cloud.JobSpec
	var proxy cloud.Proxy
	f.required("sitemap_id", &spec.SitemapID, func() bool { return spec.SitemapID > 0 },
		"The sitemap_id must be a positive integer.")
	f.scraping(&spec.Driver, &spec.PageLoadDelay, &spec.RequestInterval, &proxy)
	f.optional("custom_id", &spec.CustomID, "The custom_id must be a string.")
	f.optional("start_urls", &spec.StartURLs, "The start_urls must be an array of URLs.")
	if slices.Contains(spec.StartURLs, "") {
		f.wrong.Add("start_urls", "The start_urls must not hold an empty URL.")
	}
	return spec, f.wrong.Err()
}
