package cloud_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/webhook"
)

const endpoint = "http://endpoint.example/"

// world is a cloud with one sitemap, one endpoint and a clock.
type world struct {
	*cloud.Cloud
	t       *testing.T
	sitemap cloud.Sitemap
	now     time.Time
}

// worldClock stands at the world's now.
type worldClock struct{ w *world }

func (c worldClock) Now() time.Time { return c.w.now }

func (c worldClock) Until(t time.Time) (time.Duration, bool) { return 0, !t.After(c.w.now) }

func (c worldClock) Changed() <-chan struct{} { return nil }

func newWorld(t *testing.T, cfg cloud.Config) *world {
	t.Helper()
	w := &world{t: t, now: time.Unix(1_580_256_000, 0)}
	cfg.Clock = worldClock{w}
	if cfg.Endpoints == nil {
		cfg.Endpoints = []string{endpoint}
	}
	var err error
	if w.Cloud, err = cloud.New(cfg); err != nil {
		t.Fatal(err)
	}
	if w.sitemap, err = w.AddSitemap("my-sitemap", ""); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// did fails the test unless a verb has left a job.
func (w *world) did(_ cloud.Job, err error) {
	w.t.Helper()
	w.must(err)
}

// started adds a job that runs.
func (w *world) started(spec cloud.JobSpec) int64 {
	w.t.Helper()
	spec.SitemapID = w.sitemap.ID
	job, err := w.AddJob(spec)
	w.must(err)
	w.must(w.Start(job.ID))
	return job.ID
}

// notified is what waits in the outbox.
func (w *world) notified() (all []webhook.Notification) {
	waiting, _ := w.Waiting(0, 1000)
	for _, e := range waiting {
		all = append(all, e.Notification)
	}
	return all
}

func (w *world) job(id int64) cloud.Job {
	w.t.Helper()
	job, err := w.Job(id)
	w.must(err)
	return job
}

func TestJobsLife(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cloud.Config{})
	added, err := w.AddJob(cloud.JobSpec{ID: 1234, SitemapID: w.sitemap.ID, CustomID: "c", Rows: new(50), RequestInterval: 2000, PageLoadDelay: 10})
	w.must(err)
	fresh := cloud.Job{
		ID: 1234, CustomID: "c", SitemapID: w.sitemap.ID, SitemapName: "my-sitemap",
		Status: webhook.WaitingToBeScheduled, Rows: 50,
		RequestInterval: 2000, PageLoadDelay: 10, Driver: "fast", Created: w.now, Queued: w.now,
	}
	if added != fresh {
		t.Fatalf("a fresh job is\n%+v, want\n%+v", added, fresh)
	}
	w.must(w.Start(1234))
	w.now = w.now.Add(2500 * time.Millisecond)
	w.must(w.End(1234, webhook.Failed, 25))
	failed := fresh
	failed.Status, failed.Rows, failed.StoredRecordCount, failed.ScrapingDuration = webhook.Failed, 25, 25, 3
	failed.JobsScheduled, failed.JobsExecuted, failed.JobsFailed = 6, 5, 3
	failed.Ended, failed.Runs = w.now, 1
	if got := w.job(1234); got != failed {
		t.Fatalf("the failed job is\n%+v, want\n%+v", got, failed)
	}
	w.did(w.Continue(1234))
	if got := w.job(1234); got.Status != webhook.WaitingToBeScheduled || got.StoredRecordCount != 25 {
		t.Fatalf("the continued job is %+v, want it waiting with its 25 rows", got)
	}
	w.must(w.Start(1234))
	w.must(w.End(1234, webhook.Finished, 40))
	finished := fresh
	finished.Status, finished.Rows, finished.StoredRecordCount, finished.ScrapingDuration = webhook.Finished, 40, 40, 4
	finished.JobsScheduled, finished.JobsExecuted = 2, 2
	finished.Queued, finished.Ended, finished.Runs = w.now, w.now, 2
	if got := w.job(1234); got != finished {
		t.Fatalf("the finished job is\n%+v, want\n%+v", got, finished)
	}
	n := webhook.Notification{JobID: 1234, Status: webhook.Failed, SitemapID: w.sitemap.ID, SitemapName: "my-sitemap", CustomID: "c"}
	again := n
	again.Status = webhook.Finished
	if !slices.Equal(w.notified(), []webhook.Notification{n, again}) {
		t.Errorf("notified %+v", w.notified())
	}
}

func TestEndings(t *testing.T) {
	t.Parallel()
	imperfect := cloud.Ending{Status: webhook.Finished, Rows: 5, EmptyPages: 1}
	for _, tc := range []struct {
		name       string
		profile    webhook.Profile
		ending     cloud.Ending
		refused    bool
		notified   bool
		continuing bool
	}{
		{"2020 finished", webhook.Profile2020(), cloud.Ending{Status: webhook.Finished, Rows: 5}, false, true, false},
		{"2020 failed", webhook.Profile2020(), cloud.Ending{Status: webhook.Failed, Rows: 5}, false, true, true},
		{"2020 shelved", webhook.Profile2020(), cloud.Ending{Status: webhook.Shelved, Rows: 5}, false, true, true},
		{"2020 stopped", webhook.Profile2020(), cloud.Ending{Status: webhook.Stopped, Rows: 5}, false, true, false},
		{"2020 finished with empty pages", webhook.Profile2020(), imperfect, true, false, false},
		{"2022 finished with empty pages", webhook.Profile2022(), imperfect, false, true, true},
		{"2022 finished", webhook.Profile2022(), cloud.Ending{Status: webhook.Finished, Rows: 5}, false, true, false},
		{"2022 shelved", webhook.Profile2022(), cloud.Ending{Status: webhook.Shelved, Rows: 5}, false, false, true},
		{"no end", webhook.Profile2020(), cloud.Ending{Status: webhook.Scheduled}, true, false, false},
		{"an unknown end", webhook.Profile2020(), cloud.Ending{Status: "archived"}, true, false, false},
		{"less than no page", webhook.Profile2020(), cloud.Ending{Status: webhook.Finished, EmptyPages: -1}, true, false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, cloud.Config{Profile: tc.profile})
			id := w.started(cloud.JobSpec{})
			before := w.job(id)
			_, err := w.Conclude(id, tc.ending)
			if (err != nil) != tc.refused {
				t.Fatalf("ending it: %v, want it refused %v", err, tc.refused)
			}
			if tc.refused && w.job(id) != before {
				t.Errorf("a refused end left %+v", w.job(id))
			}
			if got := len(w.notified()) == 1; got != tc.notified {
				t.Errorf("%d notifications, want one %v", len(w.notified()), tc.notified)
			}
			if _, err := w.Continue(id); (err == nil) != tc.continuing {
				t.Errorf("continuing it: %v, want it allowed %v", err, tc.continuing)
			}
		})
	}
}

func TestEndCountsPagesAsTheStatusMeans(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cloud.Config{})
	for _, rows := range []int{0, 1, 20, 21, 1000} {
		id := w.started(cloud.JobSpec{})
		w.must(w.End(id, webhook.Failed, rows))
		planned := w.started(cloud.JobSpec{Rows: &rows})
		w.must(w.End(planned, webhook.Failed, -1))
		if a, b := w.job(id), w.job(planned); a.JobsFailed != b.JobsFailed || a.JobsExecuted != b.JobsExecuted {
			t.Errorf("%d planned rows gave other pages than as many given ones", rows)
		}
		if j := w.job(id); 2*j.JobsFailed <= j.JobsExecuted {
			t.Errorf("failed with %d of %d pages, want more than half of them", j.JobsFailed, j.JobsExecuted)
		}
		id = w.started(cloud.JobSpec{})
		w.must(w.End(id, webhook.Shelved, rows))
		if j := w.job(id); j.JobsEmpty+j.JobsFailed == 0 {
			t.Errorf("shelved without an empty or failed page: %+v", j)
		}
	}
}

func TestEndWithThePlannedRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cloud.Config{})
	id := w.started(cloud.JobSpec{Rows: new(7)})
	w.must(w.End(id, webhook.Finished, -1))
	if got := w.job(id).StoredRecordCount; got != 7 {
		t.Errorf("%d rows, want the planned 7", got)
	}
}

func TestRowsNeverBecomeFewer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cloud.Config{})
	id := w.started(cloud.JobSpec{})
	w.must(w.End(id, webhook.Failed, 10))
	w.did(w.Continue(id))
	w.must(w.Start(id))
	if err := w.End(id, webhook.Finished, 9); err == nil {
		t.Error("a continued job lost a row")
	}
}

// TestColdStorage: a stopped job is shelved two weeks later, and nobody is
// notified of it.
func TestColdStorage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cloud.Config{})
	id := w.started(cloud.JobSpec{})
	w.must(w.End(id, webhook.Stopped, 3))
	w.now = w.now.Add(14*24*time.Hour - 1)
	if taken, err := w.TakeDue(); taken || err != nil {
		t.Errorf("a step was taken too early: %v", err)
	}
	w.now = w.now.Add(1)
	if taken, err := w.TakeDue(); !taken || err != nil {
		t.Errorf("no step was taken: %v", err)
	}
	if j := w.job(id); j.Status != webhook.Shelved || len(w.notified()) != 1 {
		t.Errorf("%s after %d notifications, want shelved after the one of its stop", j.Status, len(w.notified()))
	}
}

func TestRefusedSteps(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cloud.Config{})
	id := w.started(cloud.JobSpec{})
	if err := w.Start(id); !errors.Is(err, cloud.ErrTransition) {
		t.Errorf("starting it twice: %v", err)
	}
	w.must(w.End(id, webhook.Stopped, 1))
	for _, status := range []webhook.Status{webhook.Shelved, webhook.Finished} {
		if err := w.End(id, status, 1); !errors.Is(err, cloud.ErrTransition) {
			t.Errorf("ending an ended job as %s: %v", status, err)
		}
	}
	_, stopped := w.Stop(id)
	_, continued := w.Continue(id)
	if !errors.Is(stopped, cloud.ErrTransition) || !errors.Is(continued, cloud.ErrTransition) {
		t.Errorf("stopping and continuing a stopped job: %v, %v", stopped, continued)
	}
	_, missing := w.Continue(1)
	for name, err := range map[string]error{
		"start": w.Start(1), "end": w.End(1, webhook.Finished, 1), "continue": missing, "delete": w.DeleteJob(1),
	} {
		if !errors.Is(err, cloud.ErrNotFound) {
			t.Errorf("%s of a job that does not exist: %v", name, err)
		}
	}
}

// TestEndNow ends a job from each status before its end, as a whole or not at
// all.
func TestEndNow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cloud.Config{})
	for _, begin := range []func(int64) error{
		func(int64) error { return nil },
		w.Start,
	} {
		job, err := w.AddJob(cloud.JobSpec{SitemapID: w.sitemap.ID})
		w.must(err)
		w.must(begin(job.ID))
		before, notified := w.job(job.ID), len(w.notified())
		if _, err := w.Conclude(job.ID, cloud.Ending{Status: webhook.Finished, FailedPages: 1}); !errors.Is(err, cloud.ErrEnding) {
			t.Errorf("finished with failed pages: %v", err)
		}
		if w.job(job.ID) != before || len(w.notified()) != notified {
			t.Errorf("refused, it left %+v, was %+v", w.job(job.ID), before)
		}
		j, err := w.Conclude(job.ID, cloud.Ending{Status: webhook.Failed, Rows: 3, FailedPages: 2})
		if err != nil || j.Status != webhook.Failed || j.StoredRecordCount != 3 || len(w.notified()) != notified+1 {
			t.Errorf("%+v, %v", j, err)
		}
	}
}
