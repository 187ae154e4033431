package control

import (
	"net/http"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/delivery/history"
	"github.com/scrapehook/scrapehook/webhook"
)

// pendingJSON is a notification that is neither acknowledged nor given up.
type pendingJSON struct {
	// Delivery is 0 while the notification is in the outbox.
	Delivery uint64         `json:"delivery,omitempty"`
	Job      int64          `json:"job"`
	Status   webhook.Status `json:"status"`
	URL      string         `json:"url"`
	Attempt  int            `json:"attempt"`
	Due      time.Time      `json:"due"` // by the simulated clock
}

// pending is what is neither acknowledged nor given up: of a job, or of all for
// 0. Of what is in the outbox only the oldest are listed, up to limit; total
// counts all.
func (s *server) pending(job int64, limit int) (listed []pendingJSON, total int) {
	// In this order a notification may be seen twice that the sender is just
	// taking, but none is missed.
	waiting, inOutbox := s.cfg.Cloud.Waiting(job, limit)
	listed = []pendingJSON{}
	for _, p := range s.cfg.Sender.Pending() {
		if job == 0 || p.Notification.JobID == job {
			listed = append(listed, pendingJSON{p.Delivery, p.Notification.JobID, p.Notification.Status, p.URL, p.Attempt, p.Due})
		}
	}
	total = len(listed) + inOutbox
	for _, w := range waiting {
		listed = append(listed, pendingJSON{0, w.Notification.JobID, w.Notification.Status, w.Endpoint, 1, w.Due})
	}
	return listed, total
}

func (s *server) endpoints(*http.Request) (any, error) {
	return map[string]any{"endpoints": s.cfg.Cloud.Endpoints()}, nil
}

func (s *server) setEndpoints(r *http.Request) (any, error) {
	var in struct {
		Endpoints []string `json:"endpoints"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	for _, url := range in.Endpoints {
		if err := delivery.CheckURL(url); err != nil {
			return nil, &history.FieldError{Field: "endpoints", Reason: err.Error()}
		}
	}
	if err := s.cfg.Cloud.SetEndpoints(in.Endpoints); err != nil {
		return nil, &history.FieldError{Field: "endpoints", Reason: err.Error()}
	}
	return s.endpoints(r)
}

// testNotification makes one attempt at an endpoint, now, and answers how it
// ended. It is resent in no case.
func (s *server) testNotification(r *http.Request) (any, error) {
	in := struct {
		URL         string         `json:"url"`
		JobID       int64          `json:"scrapingjob_id"`
		Status      webhook.Status `json:"status"`
		SitemapID   int64          `json:"sitemap_id"`
		SitemapName string         `json:"sitemap_name"`
	}{JobID: 1234, Status: webhook.Finished, SitemapID: 12, SitemapName: "my-sitemap"}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	if urls := s.cfg.Cloud.Endpoints(); in.URL == "" && len(urls) > 0 {
		in.URL = urls[0]
	}
	if in.URL == "" {
		return nil, &history.FieldError{Field: "url", Reason: "there is no endpoint yet: give a URL, or set the endpoints first"}
	}
	if err := delivery.CheckURL(in.URL); err != nil {
		return nil, &history.FieldError{Field: "url", Reason: err.Error()}
	}
	n := webhook.Notification{JobID: in.JobID, Status: in.Status, SitemapID: in.SitemapID, SitemapName: in.SitemapName}
	a := s.cfg.Client.Do(r.Context(), delivery.Request{URL: in.URL, Body: s.cfg.Profile.AppendForm(nil, n)})
	a.Notification = n
	return s.wholeAttempt(a), nil
}
