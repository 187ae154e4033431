package mutants_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// fakeCloud is as much of the cloud's API as an import needs.
type fakeCloud struct {
	url string

	mu        sync.Mutex
	jobs      map[int64]fakeJob
	refusals  map[int64][]http.HandlerFunc // of the next downloads
	downloads map[int64]int                // that were whole
	onDelete  func(id int64)               // before a job is deleted
}

type fakeJob struct {
	status string
	rows   int
}

const token = "the token"

func newFakeCloud(t *testing.T) *fakeCloud {
	t.Helper()
	c := &fakeCloud{jobs: map[int64]fakeJob{}, refusals: map[int64][]http.HandlerFunc{}, downloads: map[int64]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/scraping-job/{id}", c.job)
	mux.HandleFunc("GET /api/v1/scraping-job/{id}/json", c.download)
	mux.HandleFunc("DELETE /api/v1/scraping-job/{id}", c.remove)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	c.url = server.URL + "/api/v1/"
	return c
}

func (c *fakeCloud) end(id int64, status string, rows int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.jobs[id] = fakeJob{status, rows}
}

// deleting has before called when a job is about to be deleted.
func (c *fakeCloud) deleting(before func(id int64)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onDelete = before
}

func (c *fakeCloud) has(id int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.jobs[id]
	return ok
}

// refuse makes the next downloads of a job go wrong.
func (c *fakeCloud) refuse(id int64, answers ...http.HandlerFunc) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refusals[id] = append(c.refusals[id], answers...)
}

func (c *fakeCloud) downloaded(id int64) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.downloads[id]
}

func (c *fakeCloud) find(w http.ResponseWriter, r *http.Request) (id int64, job fakeJob, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := fmt.Sscan(r.PathValue("id"), &id); err != nil || r.FormValue("api_token") != token {
		http.Error(w, `{"success":false,"error":"Unauthorized"}`, http.StatusUnauthorized)
		return 0, fakeJob{}, false
	}
	if job, ok = c.jobs[id]; !ok {
		http.Error(w, `{"success":false,"error":"Not found"}`, http.StatusNotFound)
	}
	return id, job, ok
}

func (c *fakeCloud) job(w http.ResponseWriter, r *http.Request) {
	if _, job, ok := c.find(w, r); ok {
		fmt.Fprintf(w, `{"success":true,"data":{"status":%q,"stored_record_count":%d,"scraping_duration":7}}`, job.status, job.rows)
	}
}

func (c *fakeCloud) remove(w http.ResponseWriter, r *http.Request) {
	id, _, ok := c.find(w, r)
	if !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.onDelete != nil {
		c.onDelete(id)
	}
	delete(c.jobs, id)
	fmt.Fprint(w, `{"success":true,"data":"ok"}`)
}

func (c *fakeCloud) download(w http.ResponseWriter, r *http.Request) {
	id, job, ok := c.find(w, r)
	if !ok {
		return
	}
	c.mu.Lock()
	if next := c.refusals[id]; len(next) > 0 {
		c.refusals[id] = next[1:]
		c.mu.Unlock()
		next[0](w, r)
		return
	}
	c.downloads[id]++
	c.mu.Unlock()
	fmt.Fprint(w, fakeRows(job.rows))
}

func fakeRows(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"web-scraper-order":"1-%d","title":"<Ü%d> & \"co\"","price":""}`+"\n", i+1, i+1)
	}
	return b.String()
}
