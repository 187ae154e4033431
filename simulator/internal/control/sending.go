package control

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/delivery/history"
	"github.com/scrapehook/scrapehook/webhook"
)

// maxRemembered bounds the attempts that are listed.
const maxRemembered = 10_000

// lastAttempts returns up to limit of the latest attempts of a job (0: of any),
// the latest last.
func (s *server) lastAttempts(job int64, limit int) (found []delivery.Attempt) {
	for f := (history.Filter{Job: job, Limit: history.MaxLimit}); ; {
		page := s.cfg.History.Find(f)
		for _, d := range page.Deliveries {
			found = append(found, d.Attempts...)
		}
		if f.Before = page.Next; f.Before == 0 {
			break
		}
	}
	slices.SortStableFunc(found, func(a, b delivery.Attempt) int { return a.Ended.Compare(b.Ended) })
	return found[max(0, len(found)-limit):]
}

// attemptJSON is one attempt.
type attemptJSON struct {
	Delivery   uint64          `json:"delivery"`
	Job        int64           `json:"job"`
	Status     webhook.Status  `json:"status"`
	URL        string          `json:"url"`
	Attempt    int             `json:"attempt"`
	Started    time.Time       `json:"started"`
	Ended      time.Time       `json:"ended"`
	Reason     delivery.Reason `json:"reason"`
	HTTPStatus int             `json:"http_status,omitempty"`
	Error      string          `json:"error,omitempty"`
	Resend     *time.Time      `json:"resend,omitempty"` // by the simulated clock
}

func newAttemptJSON(a delivery.Attempt) attemptJSON {
	v := attemptJSON{
		a.Delivery, a.Notification.JobID, a.Notification.Status, a.URL, a.Number,
		a.Started, a.Ended, a.Reason, a.Status, a.Err, nil,
	}
	if !a.Resend.IsZero() {
		v.Resend = &a.Resend
	}
	return v
}

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

// deliveries is what was attempted, and what is pending.
func (s *server) deliveries(r *http.Request) (any, error) {
	job, limit := int64(0), 100
	var err error
	if text := r.URL.Query().Get("job"); text != "" {
		if job, err = strconv.ParseInt(text, 10, 64); err != nil || job < 1 {
			return nil, bad("job=%s is not a job id", text)
		}
	}
	if text := r.URL.Query().Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > maxRemembered {
			return nil, bad("limit=%s: use 1 to %d", text, maxRemembered)
		}
	}
	attempts := []attemptJSON{}
	for _, a := range s.lastAttempts(job, limit) {
		attempts = append(attempts, newAttemptJSON(a))
	}
	pending, total := s.pending(job, limit)
	return map[string]any{"attempts": attempts, "pending": pending, "pending_total": total}, nil
}

// resend makes a pending resend due now, or sends a delivery that has come to
// its end once more, as a delivery of its own.
func (s *server) resend(r *http.Request) (any, error) {
	number := uint64(pathID(r)) //nolint:gosec // eighteen digits
	hastened, err := s.cfg.Sender.Hasten(number)
	if err != nil {
		return nil, err
	}
	if hastened {
		return map[string]uint64{"delivery": number}, nil
	}
	if slices.ContainsFunc(s.cfg.Sender.Pending(), func(p delivery.Pending) bool { return p.Delivery == number }) {
		return nil, errUnderWay
	}
	if d := s.cfg.History.Delivery(number); d != nil {
		again, err := s.cfg.Sender.Queue(delivery.Pending{URL: d.URL, Notification: d.Notification, Of: number}, 0)
		return map[string]uint64{"delivery": again}, err
	}
	return nil, bad("delivery %d is not remembered", number)
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
			return nil, &callerError{err}
		}
	}
	if err := s.cfg.Cloud.SetEndpoints(in.Endpoints); err != nil {
		return nil, &callerError{err}
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
	if err := delivery.CheckURL(in.URL); err != nil {
		return nil, &callerError{err}
	}
	n := webhook.Notification{JobID: in.JobID, Status: in.Status, SitemapID: in.SitemapID, SitemapName: in.SitemapName}
	a := s.cfg.Client.Do(r.Context(), delivery.Request{URL: in.URL, Body: s.cfg.Profile.AppendForm(nil, n)})
	a.Notification = n
	return newAttemptJSON(a), nil
}
