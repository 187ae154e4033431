package control

import (
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/scrapehook/scrapehook/simulator/delivery"
	"github.com/scrapehook/scrapehook/webhook"
)

// Endpoints are the URLs that ended jobs are notified to. It is safe for
// concurrent use.
type Endpoints struct {
	mu   sync.Mutex
	urls []string
}

// URLs returns the endpoints.
func (e *Endpoints) URLs() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string{}, e.urls...)
}

// Set replaces the endpoints. Notifications that are pending keep theirs. An
// error is a URL that can't be one.
func (e *Endpoints) Set(urls []string) error {
	for _, url := range urls {
		if err := delivery.CheckURL(url); err != nil {
			return err
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.urls = slices.Clone(urls)
	return nil
}

// Deliveries remembers the last attempts to notify. It is safe for concurrent
// use.
type Deliveries struct {
	mu       sync.Mutex
	attempts []delivery.Attempt // in the order of their ends
}

// remembered bounds the attempts.
const remembered = 10_000

// Note remembers an attempt that has ended.
func (d *Deliveries) Note(a delivery.Attempt) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a.Body, a.Header = nil, nil // an answer may be large
	d.attempts = append(d.attempts, a)
	if len(d.attempts) >= 2*remembered {
		d.attempts = slices.Clone(d.attempts[len(d.attempts)-remembered:])
	}
}

// Clear forgets all attempts.
func (d *Deliveries) Clear() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.attempts = nil
}

// last returns up to limit of the latest attempts of a job (0: of any), the
// latest last.
func (d *Deliveries) last(job int64, limit int) []delivery.Attempt {
	d.mu.Lock()
	defer d.mu.Unlock()
	var found []delivery.Attempt
	for _, a := range slices.Backward(d.attempts) {
		if len(found) == limit {
			break
		}
		if job == 0 || a.Notification.JobID == job {
			found = append(found, a)
		}
	}
	slices.Reverse(found)
	return found
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
	Delivery uint64         `json:"delivery"`
	Job      int64          `json:"job"`
	Status   webhook.Status `json:"status"`
	URL      string         `json:"url"`
	Attempt  int            `json:"attempt"`
	Due      time.Time      `json:"due"` // by the simulated clock
}

func (s *server) pending() []pendingJSON {
	all := []pendingJSON{}
	for _, p := range s.cfg.Sender.Pending() {
		all = append(all, pendingJSON{p.Delivery, p.Notification.JobID, p.Notification.Status, p.URL, p.Attempt, p.Due})
	}
	return all
}

// deliveries is what was attempted, and what is pending.
func (s *server) deliveries(r *http.Request) (any, error) {
	job, limit := int64(0), 100
	var err error
	if text := r.URL.Query().Get("job"); text != "" {
		if job, err = strconv.ParseInt(text, 10, 64); err != nil || job < 1 {
			return nil, bad("job=%s is no job's id", text)
		}
	}
	if text := r.URL.Query().Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > remembered {
			return nil, bad("limit=%s: use 1 to %d", text, remembered)
		}
	}
	attempts := []attemptJSON{}
	for _, a := range s.cfg.Deliveries.last(job, limit) {
		attempts = append(attempts, newAttemptJSON(a))
	}
	pending := slices.DeleteFunc(s.pending(), func(p pendingJSON) bool { return job != 0 && p.Job != job })
	return map[string]any{"attempts": attempts, "pending": pending}, nil
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
	if slices.ContainsFunc(s.pending(), func(p pendingJSON) bool { return p.Delivery == number }) {
		return nil, errUnderWay
	}
	for _, a := range slices.Backward(s.cfg.Deliveries.last(0, remembered)) {
		if a.Delivery == number {
			again, err := s.cfg.Sender.Send(a.URL, a.Notification)
			return map[string]uint64{"delivery": again}, err
		}
	}
	return nil, bad("delivery %d is not remembered", number)
}

func (s *server) endpoints(*http.Request) (any, error) {
	return map[string]any{"endpoints": s.cfg.Endpoints.URLs()}, nil
}

func (s *server) setEndpoints(r *http.Request) (any, error) {
	var in struct {
		Endpoints []string `json:"endpoints"`
	}
	if err := read(r, &in); err != nil {
		return nil, err
	}
	if err := s.cfg.Endpoints.Set(in.Endpoints); err != nil {
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
	if urls := s.cfg.Endpoints.URLs(); in.URL == "" && len(urls) > 0 {
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
