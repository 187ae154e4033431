package cloud_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/webhook"
)

var orderPattern = regexp.MustCompile(`^\d{10}-[1-9]\d*$`)

// pagesOf counts the job's rows by their start URL, and checks that rows are
// whole.
func (w *world) pagesOf(id int64) map[string]int {
	w.t.Helper()
	count, orders := map[string]int{}, map[string]bool{}
	for i, row := range w.Records(id) {
		var r struct {
			Order string `json:"web-scraper-order"`
			URL   string `json:"web-scraper-start-url"`
		}
		w.must(json.Unmarshal(row, &r))
		if !orderPattern.MatchString(r.Order) || orders[r.Order] {
			w.t.Fatalf("row %d has order %s", i, r.Order)
		}
		orders[r.Order] = true
		count[r.URL]++
	}
	return count
}

func TestStartURLRanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cloud.Config{})
	for _, tc := range []struct{ url, want string }{
		{"https://a.example/", "https://a.example/"},
		{"https://a.example/[1-3]/x", "https://a.example/1/x https://a.example/2/x https://a.example/3/x"},
		{"https://a.example/[008-010]", "https://a.example/008 https://a.example/009 https://a.example/010"},
		{"https://a.example/[0-25:10]", "https://a.example/0 https://a.example/10 https://a.example/20"},
		{"https://a.example/[a-b]", "https://a.example/[a-b]"},
	} {
		job, err := w.AddJob(cloud.JobSpec{SitemapID: w.sitemap.ID, StartURLs: []string{tc.url, "https://b.example/"}})
		w.must(err)
		w.must(w.Start(job.ID))
		w.must(w.End(job.ID, webhook.Finished, 50))
		want := map[string]bool{"https://b.example/": true}
		for url := range strings.SplitSeq(tc.want, " ") {
			want[url] = true
		}
		got := w.pagesOf(job.ID)
		if len(got) != len(want) {
			t.Errorf("%s: %v", tc.url, got)
		}
		for url := range got {
			if !want[url] {
				t.Errorf("%s has rows from %s", tc.url, url)
			}
		}
	}
	if _, err := w.AddJob(cloud.JobSpec{SitemapID: w.sitemap.ID, StartURLs: []string{"u[1-999999]"}}); err == nil {
		t.Error("a million pages were accepted")
	}
}

func turnouts(t *testing.T, texts ...string) cloud.Turnouts {
	t.Helper()
	var all cloud.Turnouts
	for _, text := range texts {
		if err := all.ParseTurnout(text); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// TestTurnoutsByPattern: counters, problematic pages and rows agree.
func TestTurnoutsByPattern(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cloud.Config{Turnouts: turnouts(t, "full=/1$", "empty=/[12]$", "failed=/3$")})
	job, err := w.AddJob(cloud.JobSpec{SitemapID: w.sitemap.ID, Rows: new(100), StartURLs: []string{"https://a.example/[0-9]"}})
	w.must(err)
	w.must(w.Start(job.ID))
	w.must(w.Complete(job.ID, webhook.Finished, w.now))
	j := w.job(job.ID)
	if j.Status != webhook.Shelved || j.JobsScheduled != 10 || j.JobsExecuted != 10 || j.JobsFailed != 1 || j.JobsEmpty != 1 || j.StoredRecordCount != 80 {
		t.Errorf("it ended as %+v", j)
	}
	problems, total, err := w.Problems(job.ID, 0, 100)
	w.must(err)
	if want := []cloud.Problem{{URL: "https://a.example/2", Type: cloud.EmptyPage}, {URL: "https://a.example/3", Type: cloud.FailedPage}}; total != 2 || fmt.Sprint(problems) != fmt.Sprint(want) {
		t.Errorf("problems are %v of %d", problems, total)
	}
	if second, _, err := w.Problems(job.ID, 1, 100); err != nil || len(second) != 1 || second[0] != problems[1] {
		t.Errorf("after the first: %v, %v", second, err)
	}
	rows := w.pagesOf(job.ID)
	if len(rows) != 8 || rows["https://a.example/2"] != 0 || rows["https://a.example/3"] != 0 || rows["https://a.example/9"] != 10 {
		t.Errorf("rows are from %v", rows)
	}
}

// TestTurnoutsByShare: a continued job tries its problematic pages again, and
// keeps the rows that it had.
func TestTurnoutsByShare(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cloud.Config{Seed: 4, Turnouts: turnouts(t, "empty=20%", "failed=10%")})
	job, err := w.AddJob(cloud.JobSpec{SitemapID: w.sitemap.ID, Rows: new(10_000), StartURLs: []string{"https://a.example/[1-1000]"}})
	w.must(err)
	var before string
	for run := range 3 {
		w.must(w.Start(job.ID))
		w.must(w.Complete(job.ID, webhook.Finished, w.now))
		j := w.job(job.ID)
		problems, total, err := w.Problems(job.ID, 0, 1000)
		w.must(err)
		if total != j.JobsEmpty+j.JobsFailed || len(problems) != total || j.StoredRecordCount != 10*(1000-total) {
			t.Errorf("run %d: %d problems, %+v", run, total, j)
		}
		if expected := []int{300, 90, 27}[run]; total < expected/2 || total > expected*2 {
			t.Errorf("run %d: %d problematic pages of 1000, want about %d", run, total, expected)
		}
		rows := w.pagesOf(job.ID)
		for _, p := range problems {
			if rows[p.URL] != 0 {
				t.Errorf("run %d: %s is %s and has rows", run, p.URL, p.Type)
			}
		}
		now := w.rows(job.ID)
		if !strings.HasPrefix(now, before) || strings.Count(now, "\n") != j.StoredRecordCount {
			t.Errorf("run %d changed the earlier rows", run)
		}
		before = now
		w.did(w.Continue(job.ID))
	}
}

func TestTurnoutsDecideTheStatus(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, rule string
		profile    webhook.Profile
		draw, want webhook.Status
		rows       int
	}{
		{"most pages fail", "failed=/[1-6]$", webhook.Profile2020(), webhook.Finished, webhook.Failed, 40},
		{"half of the pages fail", "failed=/[1-5]$", webhook.Profile2020(), webhook.Finished, webhook.Shelved, 50},
		{"a page is empty, 2020", "empty=/1$", webhook.Profile2020(), webhook.Finished, webhook.Shelved, 90},
		{"a page is empty, 2022", "empty=/1$", webhook.Profile2022(), webhook.Finished, webhook.Finished, 90},
		{"stopped half-way", "empty=/1$", webhook.Profile2020(), webhook.Stopped, webhook.Stopped, 40},
		{"all full", "failed=/x$", webhook.Profile2020(), webhook.Finished, webhook.Finished, 100},
		{"all full, drawn to fail", "failed=/x$", webhook.Profile2020(), webhook.Failed, webhook.Failed, 50},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, cloud.Config{Profile: tc.profile, Turnouts: turnouts(t, tc.rule)})
			job, err := w.AddJob(cloud.JobSpec{SitemapID: w.sitemap.ID, Rows: new(100), StartURLs: []string{"https://a.example/[0-9]"}})
			w.must(err)
			w.must(w.Start(job.ID))
			w.must(w.Complete(job.ID, tc.draw, w.now))
			if j := w.job(job.ID); j.Status != tc.want || j.StoredRecordCount != tc.rows {
				t.Errorf("it is %s with %d rows, want %s with %d", j.Status, j.StoredRecordCount, tc.want, tc.rows)
			}
		})
	}
}

func TestEndingOfItsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cloud.Config{Turnouts: turnouts(t, "failed=100%")})
	id := w.started(cloud.JobSpec{Rows: new(10), Ending: &cloud.Ending{Status: webhook.Shelved, Rows: -1, EmptyPages: 3}})
	w.must(w.Complete(id, webhook.Finished, w.now))
	if j := w.job(id); j.Status != webhook.Shelved || j.StoredRecordCount != 10 || j.JobsEmpty != 3 {
		t.Errorf("it ended as %+v", j)
	}
	w.did(w.Continue(id))
	w.must(w.Start(id))
	w.must(w.Complete(id, webhook.Finished, w.now))
	if j := w.job(id); j.Status != webhook.Failed {
		t.Errorf("its second run is %s, want it left to the pages", j.Status)
	}
}

func TestStop(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cloud.Config{})
	job, err := w.AddJob(cloud.JobSpec{SitemapID: w.sitemap.ID, Rows: new(10)})
	w.must(err)
	w.did(w.Stop(job.ID))
	if j := w.job(job.ID); j.Status != webhook.Stopped || j.StoredRecordCount != 5 || j.ScrapingDuration != 1 || len(w.notified()) != 1 {
		t.Errorf("stopped while it waited: %+v", j)
	}
	if _, err := w.Stop(job.ID); err == nil {
		t.Error("it was stopped twice")
	}
}

// TestStopByTurnouts: what was stopped agrees with its pages too, and so does a
// run after one whose outcome was given.
func TestStopByTurnouts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cloud.Config{Turnouts: turnouts(t, "failed=/1$")})
	spec := cloud.JobSpec{SitemapID: w.sitemap.ID, Rows: new(100), StartURLs: []string{"https://a.example/[0-9]"}}
	stopped, err := w.AddJob(spec)
	w.must(err)
	w.did(w.Stop(stopped.ID))
	if j, rows := w.job(stopped.ID), w.pagesOf(stopped.ID); j.StoredRecordCount != 40 || j.JobsFailed != 1 || j.JobsExecuted != 5 || j.JobsScheduled != 10 || rows["https://a.example/1"] != 0 {
		t.Errorf("it is %+v, with rows of %v", j, rows)
	}
	given, err := w.AddJob(spec)
	w.must(err)
	w.must(w.Start(given.ID))
	w.must(w.End(given.ID, webhook.Failed, 50))
	w.did(w.Continue(given.ID))
	w.must(w.Start(given.ID))
	w.must(w.Complete(given.ID, webhook.Finished, w.now))
	if j := w.job(given.ID); j.StoredRecordCount != 100 || strings.Count(w.rows(given.ID), "\n") != 100 {
		t.Errorf("it is %+v, want the planned rows", j)
	}
}

func TestParseTurnout(t *testing.T) {
	t.Parallel()
	got := turnouts(t, "empty=2.5%", "failed=a=b%c")
	if got.EmptyShare != 0.025 || len(got.Rules) != 1 || got.Rules[0].Pattern.String() != regexp.MustCompile("a=b%c").String() {
		t.Errorf("got %+v", got)
	}
	for _, text := range []string{"", "empty", "empty=", "empty=-1%", "failed=101%", "odd=1%", "full=5%", "empty=("} {
		if err := new(cloud.Turnouts).ParseTurnout(text); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}
