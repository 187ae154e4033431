package control

import (
	"fmt"
	"net/http"
	"time"

	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/webhook"
)

// addSitemap adds a sitemap with tags; without a body, a shop's products.
func (s *server) addSitemap(r *http.Request) (any, error) {
	var in struct {
		Name string   `json:"name"`
		Body string   `json:"body"`
		Tags []string `json:"tags"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	m, err := s.cfg.Cloud.AddSitemap(in.Name, in.Body, in.Tags...)
	if err != nil {
		return nil, &callerError{err}
	}
	return map[string]any{"id": m.ID, "name": m.Name}, nil
}

func (s *server) tagSitemap(r *http.Request) (any, error) {
	var in struct {
		Tags []string `json:"tags"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	return ok, s.cfg.Cloud.TagSitemap(pathID(r), in.Tags)
}

// maxSeeded bounds what one call of seed adds.
const maxSeeded = 100_000

// seed adds sitemaps with jobs that have ended. Nobody is notified of them.
func (s *server) seed(r *http.Request) (any, error) {
	in := struct {
		Sitemaps int            `json:"sitemaps"`
		Jobs     int            `json:"jobs"`
		Rows     int            `json:"rows"`
		Status   webhook.Status `json:"status"`
	}{1, 10, 100, webhook.Finished}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	if in.Sitemaps < 1 || in.Jobs < 0 || in.Rows < 0 || in.Sitemaps > maxSeeded || in.Jobs > maxSeeded || in.Sitemaps*max(1, in.Jobs) > maxSeeded {
		return nil, bad("%d sitemaps with %d jobs each of %d rows: use 1 to %d jobs in all", in.Sitemaps, in.Jobs, in.Rows, maxSeeded)
	}
	if !in.Status.Ended() {
		return nil, bad("a job can't end %q: use %s", in.Status, human.Or(webhook.EndStatuses()...))
	}
	sitemaps, jobs := []int64{}, []int64{}
	for i := range in.Sitemaps {
		m, err := s.cfg.Cloud.AddSitemap(fmt.Sprintf("seeded-%d", i+1), "")
		if err != nil {
			return nil, err
		}
		sitemaps = append(sitemaps, m.ID)
		for range in.Jobs {
			j, err := s.cfg.Cloud.AddEnded(cloud.JobSpec{SitemapID: m.ID, Rows: &in.Rows}, in.Status)
			if err != nil {
				return nil, err
			}
			jobs = append(jobs, j.ID)
		}
	}
	return map[string]any{"sitemaps": sitemaps, "jobs": jobs}, nil
}

// ending is how a job's run ends. Without a status it comes of the weights of
// the statuses and of how its pages turn out.
type ending struct {
	Status       webhook.Status `json:"status"`
	Rows         *int           `json:"rows"`
	FailedPages  int            `json:"failed_pages"`
	EmptyPages   int            `json:"empty_pages"`
	NoValuePages int            `json:"no_value_pages"`
}

// parse is the ending as the cloud takes it, nil when it does not say.
func (e ending) parse() (*cloud.Ending, error) {
	parsed := cloud.Ending{
		Status: e.Status, Rows: -1,
		FailedPages: e.FailedPages, EmptyPages: e.EmptyPages, NoValuePages: e.NoValuePages,
	}
	if e.Rows != nil {
		parsed.Rows = *e.Rows
	}
	switch {
	case (e.Rows != nil && *e.Rows < 0) || e.FailedPages < 0 || e.EmptyPages < 0 || e.NoValuePages < 0:
		return nil, bad("a number of rows or pages is negative")
	case e.Status == "" && (e.FailedPages != 0 || e.EmptyPages != 0 || e.NoValuePages != 0):
		return nil, bad("pages are given without a status")
	case e.Status == "":
		return nil, nil //nolint:nilnil // it does not say, which is fine
	case !e.Status.Ended():
		return nil, bad("a job can't end %q: use %s", e.Status, human.Or(webhook.EndStatuses()...))
	}
	return &parsed, nil
}

// addJob adds a job with an ending and a time of its own.
func (s *server) addJob(r *http.Request) (any, error) {
	var in struct {
		ending
		ID        int64    `json:"id"`
		SitemapID int64    `json:"sitemap_id"`
		CustomID  string   `json:"custom_id"`
		StartURLs []string `json:"start_urls"`
		Takes     span     `json:"takes"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	ending, err := in.parse()
	if err != nil {
		return nil, err
	}
	if in.Takes < 0 || in.ID < 0 || in.SitemapID < 0 {
		return nil, bad("a number or a duration is negative")
	}
	return answerJob(s.cfg.Cloud.AddJob(cloud.JobSpec{
		ID: in.ID, SitemapID: in.SitemapID, CustomID: in.CustomID, StartURLs: in.StartURLs,
		Rows: in.Rows, RunTime: time.Duration(in.Takes), Ending: ending,
	}))
}

// answerJob answers a job as a verb has left it.
func answerJob(j cloud.Job, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return newJobJSON(j), nil
}

func (s *server) job(r *http.Request) (any, error) {
	return answerJob(s.cfg.Cloud.Job(pathID(r)))
}

func (s *server) continueJob(r *http.Request) (any, error) {
	return answerJob(s.cfg.Cloud.Continue(pathID(r)))
}

func (s *server) stopJob(r *http.Request) (any, error) {
	return answerJob(s.cfg.Cloud.Stop(pathID(r)))
}

// endJob ends a job now, wherever it is before its end.
func (s *server) endJob(r *http.Request) (any, error) {
	in := ending{Status: webhook.Finished}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	ending, err := in.parse()
	if err != nil {
		return nil, err
	}
	if ending == nil {
		return nil, bad("the status is empty")
	}
	return answerJob(s.cfg.Cloud.Conclude(pathID(r), *ending))
}

// jobJSON is a job with what the cloud's own API does not show.
type jobJSON struct {
	ID          int64          `json:"id"`
	CustomID    string         `json:"custom_id,omitempty"`
	SitemapID   int64          `json:"sitemap_id"`
	SitemapName string         `json:"sitemap_name"`
	Status      webhook.Status `json:"status"`
	Rows        int            `json:"rows"`
	FailedPages int            `json:"failed_pages"`
	EmptyPages  int            `json:"empty_pages"`
	Created     time.Time      `json:"created"`
	Queued      time.Time      `json:"queued"`
	Ended       *time.Time     `json:"ended"`
}

func newJobJSON(j cloud.Job) jobJSON {
	v := jobJSON{
		ID: j.ID, CustomID: j.CustomID, SitemapID: j.SitemapID, SitemapName: j.SitemapName, Status: j.Status,
		Rows: j.StoredRecordCount, FailedPages: j.JobsFailed, EmptyPages: j.JobsEmpty,
		Created: j.Created, Queued: j.Queued,
	}
	if !j.Ended.IsZero() {
		v.Ended = &j.Ended
	}
	return v
}
