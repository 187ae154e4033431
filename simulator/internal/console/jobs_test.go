package console

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/webhook"
)

func TestJobsAreMadeByOneForm(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.submit("/console/jobs", url.Values{"count": {"100"}, "rows": {"7"}, "status": {"failed"}, "takes": {"1m"}})
	sitemaps, jobs := b.cloud.Count()
	if jobs[webhook.WaitingToBeScheduled] != 100 || sitemaps != 1 {
		t.Fatalf("%v jobs of %d sitemaps", jobs, sitemaps)
	}
	first, second := b.get("/console/jobs"), b.get("/console/jobs?from=50")
	if n := strings.Count(first, `<tr id="job-`) + strings.Count(second, `<tr id="job-`); n != 100 {
		t.Errorf("%d rows on two pages", n)
	}
	if !strings.Contains(first, "1 to 50 of 100") || !strings.Contains(second, "51 to 100 of 100") || strings.Contains(second, "Older") {
		t.Error("the pages don't say what they show")
	}
	for name, form := range map[string]url.Values{
		"count": {"count": {"1001"}}, "rows": {"rows": {"-1"}}, "takes": {"takes": {"soon"}}, "sitemap": {"sitemap": {"1"}},
	} {
		status, _, page := b.call(http.MethodPost, "/console/jobs", form)
		if status != http.StatusUnprocessableEntity || !strings.Contains(page, fmt.Sprintf(`aria-describedby="%s-error"`, name)) {
			t.Errorf("a wrong %s: %d", name, status)
		}
	}
	if _, jobs := b.cloud.Count(); jobs[webhook.WaitingToBeScheduled] != 100 {
		t.Errorf("a wrong form has made jobs: %v", jobs)
	}
}

func TestVerbsOfJobs(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	j, err := b.cloud.AddJob(cloud.JobSpec{})
	if err != nil {
		t.Fatal(err)
	}
	at := fmt.Sprintf("/console/jobs/%d", j.ID)
	is := func(want webhook.Status) {
		t.Helper()
		if j, err := b.cloud.Job(j.ID); err != nil || j.Status != want {
			t.Errorf("it is %s, want %s (%v)", j.Status, want, err)
		}
	}
	if status, _, page := b.call(http.MethodPost, at+"/continue", nil); status != http.StatusConflict || !strings.Contains(page, "no such step in a job") {
		t.Errorf("a job that waits was continued: %d %s", status, page)
	}
	b.submit(at+"/end", url.Values{"status": {"failed"}, "rows": {"40"}})
	is(webhook.Failed)
	b.submit(at+"/continue", nil)
	is(webhook.WaitingToBeScheduled)
	b.submit(at+"/end", url.Values{"status": {"shelved"}, "rows": {"60"}, "empty": {"2"}})
	is(webhook.Shelved)
	if page := b.get(at); !strings.Contains(page, "And 40 rows more.") || !strings.Contains(page, "api_token=t0ken") {
		t.Errorf("the page of the job: %s", page)
	}
	b.submit(at+"/continue", nil)
	if status, _, page := b.call(http.MethodPost, at+"/end", url.Values{"status": {"finished"}, "rows": {"1"}}); status != http.StatusUnprocessableEntity || !strings.Contains(page, "has 60 rows already") {
		t.Errorf("rows became fewer: %d %s", status, page)
	}
	b.submit(at+"/stop", nil)
	is(webhook.Stopped)
	b.submit(at+"/delete", nil)
	if status, _, _ := b.call(http.MethodGet, at, nil); status != http.StatusNotFound {
		t.Errorf("a deleted job is shown: %d", status)
	}
}

func TestSitemapsArePasted(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	const evil = `{"_id":"<img src=x onerror=alert(1)>","startUrl":["nowhere"],"selectors":[]}`
	status, _, page := b.call(http.MethodPost, "/console/sitemaps", url.Values{"body": {evil}})
	if status != http.StatusUnprocessableEntity || !strings.Contains(page, "sitemap_object.startUrl") || strings.Contains(page, "<img") {
		t.Errorf("%d %s", status, page)
	}
	b.submit("/console/sitemaps", url.Values{"typical": {"yes"}})
	b.submit("/console/sitemaps", url.Values{"body": {`{"_id":"my-books","startUrl":["https://books.example/[1-3]"],"selectors":[]}`}})
	all, _ := b.cloud.Sitemaps("", 0, 10)
	if len(all) != 2 || !strings.Contains(b.get("/console/jobs"), "my-books") {
		t.Fatalf("sitemaps are %v", all)
	}
	b.submit(fmt.Sprintf("/console/sitemaps/%d/delete", all[0].ID), nil)
	if n, _ := b.cloud.Count(); n != 1 {
		t.Errorf("%d sitemaps", n)
	}
}

// TestEventsKeepAPageUpToDate: the first event is the whole page, and those after
// it are what has changed.
func TestEventsKeepAPageUpToDate(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	j, err := b.cloud.AddJob(cloud.JobSpec{})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(b.handler)
	defer server.Close()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/console/jobs/events", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	next := func() (u update) {
		t.Helper()
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				if err := json.Unmarshal([]byte(data), &u); err != nil {
					t.Fatal(err)
				}
				return u
			}
		}
		t.Fatal("the events have ended")
		return u
	}
	id := newJobView(j).RowID()
	if u := next(); len(u.Lists["jobs"]) != 1 || u.Lists["jobs"][0] != id || u.Set["clock-now"] == "" {
		t.Errorf("the first event is %v", u)
	}
	if _, err := b.cloud.Stop(j.ID); err != nil {
		t.Fatal(err)
	}
	if u := next(); !strings.Contains(u.Set[id], "stopped") || len(u.Lists) != 0 || u.Set["clock-now"] != "" {
		t.Errorf("after a stop: %v", u)
	}
	if err := b.cloud.DeleteJob(j.ID); err != nil {
		t.Fatal(err)
	}
	if u := next(); len(u.Lists) != 1 || len(u.Lists["jobs"]) != 0 {
		t.Errorf("after its end: %v", u)
	}
}

func TestClockIsSet(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.get("/console/clock")
	b.submit("/console/clock", url.Values{"do": {"pause"}})
	page := b.get("/console/clock")
	if !strings.Contains(page, "The clock is <b>paused</b>") {
		t.Errorf("it is not paused: %s", page)
	}
	for _, form := range []url.Values{{"do": {"scale"}, "scale": {"0"}}, {"do": {"scale"}, "scale": {"NaN"}}, {"do": {"advance"}, "by": {"-1s"}}, {"do": {"advance"}, "by": {"9000h"}}} {
		if status, _, page := b.call(http.MethodPost, "/console/clock", form); status != http.StatusUnprocessableEntity || !strings.Contains(page, `aria-invalid="true"`) {
			t.Errorf("%v: %d", form, status)
		}
	}
	b.submit("/console/clock", url.Values{"do": {"scale"}, "scale": {"60"}})
	b.submit("/console/clock", url.Values{"do": {"resume"}})
	if page := b.get("/console/clock"); !strings.Contains(page, "60 simulated seconds") {
		t.Errorf("the speed is not shown: %s", page)
	}
}
