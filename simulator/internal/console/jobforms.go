package console

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/human"
	"github.com/scrapehook/scrapehook/webhook"
)

// jobForm is the form that makes jobs, with what is wrong with each field.
type jobForm struct {
	Sitemap, Count, Rows, Takes, Status string
	Sitemaps                            []sitemapView

	SitemapError, CountError, RowsError, TakesError string
}

// Statuses are those that a run may be made to end with.
func (jobForm) Statuses() []webhook.Status { return webhook.EndStatuses() }

// most bounds the jobs that one form makes.
const mostJobs = 1000

// number reads a field that is a whole number from low to high; an empty one is
// the number that stands for it.
func number(text string, empty, low, high int) (n int, wrong string) {
	if text == "" {
		return empty, ""
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		return 0, fmt.Sprintf("Write a whole number from %d to %d.", low, high)
	}
	return n, ""
}

// mostRows bounds what a form asks for: rows are made when they are read.
const mostRows = 100_000_000

// spec is the job that the form asks for, and how often.
func (f *jobForm) spec() (spec cloud.JobSpec, count int, ok bool) {
	count, f.CountError = number(f.Count, 1, 1, mostJobs)
	rows, wrong := number(f.Rows, -1, 0, mostRows)
	f.RowsError = wrong
	if f.Rows != "" {
		spec.Rows = &rows
	}
	if f.Sitemap != "" {
		id, err := strconv.ParseInt(f.Sitemap, 10, 64)
		if spec.SitemapID = id; err != nil || id < 1 {
			f.SitemapError = "Choose a sitemap."
		}
	}
	if f.Takes != "" {
		takes, err := time.ParseDuration(f.Takes)
		if spec.RunTime = takes; err != nil || takes <= 0 {
			f.TakesError = "Write a time above 0 with its unit, like 5s or 1m30s."
		}
	}
	if f.Status != "" {
		ending := cloud.Ending{Status: webhook.Status(f.Status), Rows: rows}
		if ending.Status == webhook.Failed {
			ending.FailedPages = max(1, rows/10)
		}
		if ending.Status == webhook.Shelved {
			ending.EmptyPages = 1
		}
		spec.Ending = &ending
	}
	return spec, count, f.CountError+f.RowsError+f.SitemapError+f.TakesError == ""
}

func (s *server) addJobs(w http.ResponseWriter, r *http.Request) {
	if !s.parseForm(w, r) {
		return
	}
	form := jobForm{Sitemap: field(r, "sitemap"), Count: field(r, "count"), Rows: field(r, "rows"), Takes: field(r, "takes"), Status: field(r, "status")}
	spec, count, ok := form.spec()
	for i := 0; ok && i < count; i++ {
		j, err := s.cfg.Cloud.AddJob(spec)
		if err != nil {
			form.SitemapError = fmt.Sprintf("%s were made, then: %v.", human.Count(i, "job"), err)
			ok = false
		}
		spec.SitemapID = j.SitemapID // those of one form share a new sitemap
	}
	if !ok {
		s.showJobs(w, r, http.StatusUnprocessableEntity, form, pasteForm{})
		return
	}
	seeOther(w, r, "jobs?done=made")
}

// endForm is the form that ends a job now.
type endForm struct {
	Status, Rows, FailedPages, EmptyPages string

	RowsError, FailedError, EmptyError, Error string
}

// Statuses are those that a run may end with.
func (endForm) Statuses() []webhook.Status { return webhook.EndStatuses() }

func (s *server) endJob(w http.ResponseWriter, r *http.Request) {
	if !s.parseForm(w, r) {
		return
	}
	f := endForm{Status: field(r, "status"), Rows: field(r, "rows"), FailedPages: field(r, "failed"), EmptyPages: field(r, "empty")}
	var e cloud.Ending
	e.Status = webhook.Status(f.Status)
	e.Rows, f.RowsError = number(f.Rows, -1, 0, mostRows)
	e.FailedPages, f.FailedError = number(f.FailedPages, 0, 0, mostRows)
	e.EmptyPages, f.EmptyError = number(f.EmptyPages, 0, 0, mostRows)
	id := pathID(r)
	if f.RowsError+f.FailedError+f.EmptyError == "" {
		err := s.end(id, e, f)
		if err == nil {
			seeOther(w, r, fmt.Sprintf("jobs/%d?done=ended", id))
			return
		}
		f.Error = sentence(err)
	}
	j, err := s.cfg.Cloud.Job(id)
	if err != nil {
		s.failVerb(w, r, err)
		return
	}
	s.showJob(w, r, http.StatusUnprocessableEntity, j, f)
}

// end ends a job as the form says. Where it says nothing of pages, the job gets
// those that its status means.
func (s *server) end(id int64, e cloud.Ending, f endForm) error {
	if f.FailedPages == "" && f.EmptyPages == "" {
		return s.cfg.Cloud.End(id, e.Status, e.Rows)
	}
	_, err := s.cfg.Cloud.Conclude(id, e)
	return err
}

// verb is a handler that does something to the object with the address's number,
// and leads back to where its button was.
func (s *server) verb(do func(id int64) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := do(pathID(r)); err != nil {
			s.failVerb(w, r, err)
			return
		}
		seeOther(w, r, came(r, "jobs"))
	}
}

// failVerb shows why something could not be done.
func (s *server) failVerb(w http.ResponseWriter, r *http.Request, err error) {
	status := http.StatusInternalServerError
	switch {
	case errors.Is(err, cloud.ErrNotFound):
		status = http.StatusNotFound
	case errors.Is(err, cloud.ErrTransition), errors.Is(err, cloud.ErrEnding):
		status = http.StatusConflict
	case errors.Is(err, cloud.ErrFull):
		status = http.StatusServiceUnavailable
	}
	s.fail(w, r, status, sentence(err))
}
