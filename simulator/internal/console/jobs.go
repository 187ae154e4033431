package console

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/webhook"
)

// jobsOnPage bounds a page of jobs.
const jobsOnPage = 50

// jobsView is the page of jobs.
type jobsView struct {
	Jobs             []jobView
	Total            int
	Counts           []statusCount
	Newer, Older     string // addresses of other pages; empty: there is none
	First, Last      int
	Events           string
	Form             jobForm
	Sitemaps         []sitemapView
	SitemapTotal     int
	Paste            pasteForm
	EndpointsMissing bool
}

type statusCount struct {
	Status webhook.Status
	Count  int
}

// jobView is a job as pages show it.
type jobView struct {
	cloud.Job
	// CanContinue and CanStop say which buttons lead to something.
	CanContinue, CanStop bool
	Duration             time.Duration // of its last run, simulated
}

func newJobView(j cloud.Job) jobView {
	v := jobView{Job: j, CanStop: !j.Status.Ended()}
	switch j.Status {
	case webhook.Failed, webhook.Shelved:
		v.CanContinue = true
	case webhook.Finished:
		v.CanContinue = j.JobsFailed > 0 || j.JobsEmpty > 0
	default:
	}
	if !j.Ended.IsZero() {
		v.Duration = j.Ended.Sub(j.Queued)
	}
	return v
}

// RowID is the id of the job's row on the page.
func (v jobView) RowID() string { return "job-" + strconv.FormatInt(v.ID, 10) }

func (s *server) jobsPage(w http.ResponseWriter, r *http.Request) {
	s.showJobs(w, r, http.StatusOK, jobForm{Count: "1"}, pasteForm{})
}

func (s *server) showJobs(w http.ResponseWriter, r *http.Request, status int, form jobForm, paste pasteForm) {
	from := offset(r)
	v := s.jobsView(from)
	v.Form, v.Paste = form, paste
	v.Form.Sitemaps, v.SitemapTotal = s.sitemapViews()
	v.Sitemaps = v.Form.Sitemaps
	v.EndpointsMissing = len(s.cfg.Cloud.Endpoints()) == 0
	s.show(w, r, status, "jobs", "Jobs", "Jobs", v)
}

// offset is how many of a list's newest a page leaves out.
func offset(r *http.Request) int {
	n, _ := strconv.Atoi(r.URL.Query().Get("from")) // nothing is the first page
	return max(0, n)
}

// jobsView is what changes by itself of the page of jobs.
func (s *server) jobsView(from int) jobsView {
	_, total := s.cfg.Cloud.Jobs(cloud.JobFilter{}, 0, 0)
	end := max(0, total-from) // the cloud lists the oldest first
	begin := max(0, end-jobsOnPage)
	v := jobsView{Total: total, First: min(from+1, total), Last: min(from+jobsOnPage, total), Events: fmt.Sprintf("%sjobs/events?from=%d", Path, from)}
	if end > begin {
		page, _ := s.cfg.Cloud.Jobs(cloud.JobFilter{}, begin, end-begin)
		for _, j := range slices.Backward(page) {
			v.Jobs = append(v.Jobs, newJobView(j))
		}
	}
	if from > 0 {
		v.Newer = fmt.Sprintf("%sjobs?from=%d", Path, max(0, from-jobsOnPage))
	}
	if begin > 0 {
		v.Older = fmt.Sprintf("%sjobs?from=%d", Path, from+jobsOnPage)
	}
	_, counts := s.cfg.Cloud.Count()
	for _, status := range webhook.Statuses() {
		v.Counts = append(v.Counts, statusCount{status, counts[status]})
	}
	return v
}

func (s *server) jobsEvents(w http.ResponseWriter, r *http.Request) {
	from := offset(r)
	stream(w, r, func() picture {
		var p picture
		v := s.jobsView(from)
		p.add(s, "jobs", "job-counts", "job-counts", v)
		p.add(s, "jobs", "job-pages", "job-pages", v)
		for _, j := range v.Jobs {
			p.add(s, "jobs", "job-row", j.RowID(), j)
			p.list("jobs", j.RowID())
		}
		s.addClock(&p)
		return p
	}, nowAndThen)
}

// jobPageView is the page of a job.
type jobPageView struct {
	jobView
	Columns      []string
	Rows         [][]string
	More         int // rows that are not shown
	Download     string
	Token        string
	End          endForm
	Events       string
	Conclusions  []webhook.Status
	Notification string
}

// rowsShown bounds the rows of a job's page, and valueShown a value of one, in
// bytes.
const (
	rowsShown  = 20
	valueShown = 200
)

func (s *server) jobPage(w http.ResponseWriter, r *http.Request) {
	j, err := s.cfg.Cloud.Job(pathID(r))
	if err != nil {
		s.fail(w, r, http.StatusNotFound, "This job does not exist. It may have been deleted.")
		return
	}
	s.showJob(w, r, http.StatusOK, j, endForm{Status: string(webhook.Finished)})
}

func (s *server) showJob(w http.ResponseWriter, r *http.Request, status int, j cloud.Job, form endForm) {
	v := jobPageView{
		jobView: newJobView(j), Download: fmt.Sprintf("/api/v1/scraping-job/%d/", j.ID), Token: s.cfg.Token, End: form,
		Events: fmt.Sprintf("%sjobs/%d/events", Path, j.ID),
	}
	v.Columns, _ = s.cfg.Cloud.Columns(j.ID) // one that was deleted just now has none
	for line := range s.cfg.Cloud.Table(j.ID) {
		if len(v.Rows) == rowsShown {
			break
		}
		row := make([]string, len(line))
		for i, value := range line {
			row[i] = human.Shorten(harmless(value), valueShown)
		}
		v.Rows = append(v.Rows, row)
	}
	v.More = max(0, j.StoredRecordCount-len(v.Rows))
	s.show(w, r, status, "job", fmt.Sprintf("Job %d", j.ID), "Jobs", v)
}

func (s *server) jobEvents(w http.ResponseWriter, r *http.Request) {
	id := pathID(r)
	stream(w, r, func() picture {
		var p picture
		if j, err := s.cfg.Cloud.Job(id); err == nil {
			p.add(s, "job", "job-facts", "job-facts", newJobView(j))
			p.add(s, "job", "job-actions", "job-actions", newJobView(j))
		}
		s.addClock(&p)
		return p
	}, nowAndThen)
}

// pathID is the number in an address; 0 is no object's.
func pathID(r *http.Request) int64 {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0
	}
	return id
}
