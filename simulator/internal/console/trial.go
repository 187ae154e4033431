package console

import (
	"net/http"
	"strconv"
	"sync"

	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/webhook"
)

// testForm is the form that sends a test notification.
type testForm struct {
	Endpoint  string // its key
	Endpoints []endpointView
	Status    string
	Job, Name string
	CustomID  string
	// JobKnown says that the job exists, so that its rows can be downloaded.
	JobKnown bool

	EndpointError, StatusError, JobError string
}

// Statuses are those that the form offers.
func (testForm) Statuses() []webhook.Status { return webhook.EndStatuses() }

// The job of the vendor's own example.
const (
	exampleJob     = 1234
	exampleSitemap = 12
	exampleName    = "my-sitemap"
)

// newTestForm is the form of the job that was made last and has ended, whose
// rows can be downloaded, or of the vendor's example.
func (s *server) newTestForm() testForm {
	f := testForm{Status: string(webhook.Finished), Job: strconv.Itoa(exampleJob), Name: exampleName}
	const looked = 50
	_, total := s.cfg.Cloud.Jobs(cloud.JobFilter{}, 0, 0)
	jobs, _ := s.cfg.Cloud.Jobs(cloud.JobFilter{}, max(0, total-looked), looked)
	for _, j := range jobs {
		if j.Status.Ended() {
			f.Job, f.Name, f.Status, f.JobKnown = strconv.FormatInt(j.ID, 10), j.SitemapName, string(j.Status), true
		}
	}
	return f
}

// notification is what the form asks for. Without one, the form says why.
func (f *testForm) notification() (n webhook.Notification, ok bool) {
	id, err := strconv.ParseInt(f.Job, 10, 64)
	if err != nil || id < 1 {
		f.JobError = "A job id is a whole number above 0, like 1234."
	}
	if f.Status == "" {
		f.StatusError = "Choose a status."
	}
	n = webhook.Notification{JobID: id, Status: webhook.Status(f.Status), SitemapID: exampleSitemap, SitemapName: f.Name, CustomID: f.CustomID}
	return n, f.JobError == "" && f.StatusError == ""
}

// test sends a test notification and leads to its answer.
func (s *server) test(w http.ResponseWriter, r *http.Request) {
	if !s.parseForm(w, r) {
		return
	}
	form := testForm{
		Endpoint: field(r, "endpoint"), Status: field(r, "status"), Job: field(r, "job"), Name: r.PostForm.Get("name"), CustomID: field(r, "custom_id"),
	}
	url, known := s.endpoint(form.Endpoint)
	if !known {
		form.EndpointError = goneEndpoint
	}
	n, ok := form.notification()
	if !known || !ok {
		v := s.endpointsView(r)
		v.Test = form
		s.showEndpoints(w, r, http.StatusUnprocessableEntity, v)
		return
	}
	if j, err := s.cfg.Cloud.Job(n.JobID); err == nil {
		n.SitemapID, form.JobKnown = j.SitemapID, true
	}
	sent := s.cfg.Profile.AppendForm(nil, n)
	a := s.cfg.Client.Do(r.Context(), delivery.Request{URL: url, Body: sent})
	if a.Reason == delivery.Canceled {
		return // the browser has left
	}
	a.Notification = n
	seeOther(w, r, "?test="+s.trials.add(trial{form: form, sent: sent, attempt: a})+"#answer")
}

// trial is a test notification with its answer.
type trial struct {
	form    testForm
	sent    []byte
	attempt delivery.Attempt
}

// trialsKept bounds the trials: a page shows one, and a user goes back a few.
const trialsKept = 20

// trials remembers the last trials, so that the page of one can be reloaded
// without sending it again.
type trials struct {
	mu   sync.Mutex
	last int
	kept map[int]trial
}

// add returns the number of t.
func (ts *trials) add(t trial) string {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	if ts.kept == nil {
		ts.kept = map[int]trial{}
	}
	ts.last++
	ts.kept[ts.last] = t
	delete(ts.kept, ts.last-trialsKept)
	return strconv.Itoa(ts.last)
}

func (ts *trials) get(number string) (trial, bool) {
	n, err := strconv.Atoi(number)
	if err != nil {
		return trial{}, false
	}
	ts.mu.Lock()
	defer ts.mu.Unlock()
	t, ok := ts.kept[n]
	return t, ok
}
