package cloud_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/simulator/cloud"
	"github.com/scrapehook/scrapehook/webhook"
)

// world is a cloud with one sitemap, a clock and what it has notified.
type world struct {
	*cloud.Cloud
	t        *testing.T
	sitemap  cloud.Sitemap
	now      time.Time
	notified []webhook.Notification
}

func newWorld(t *testing.T, cfg cloud.Config) *world {
	t.Helper()
	w := &world{t: t, now: time.Unix(1_580_256_000, 0)}
	cfg.Now = func() time.Time { return w.now }
	if cfg.Notify == nil {
		cfg.Notify = func(n webhook.Notification) error {
			w.notified = append(w.notified, n)
			return nil
		}
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

// started adds a job that runs.
func (w *world) started(spec cloud.JobSpec) int64 {
	w.t.Helper()
	spec.SitemapID = w.sitemap.ID
	job, err := w.AddJob(spec)
	w.must(err)
	w.must(w.Start(job.ID))
	return job.ID
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
	added, err := w.AddJob(cloud.JobSpec{ID: 1234, SitemapID: w.sitemap.ID, CustomID: "c", Rows: 50, RequestInterval: 2000, PageLoadDelay: 10})
	w.must(err)
	fresh := cloud.Job{
		ID: 1234, CustomID: "c", SitemapID: w.sitemap.ID, SitemapName: "my-sitemap",
		Status: webhook.WaitingToBeScheduled, Rows: 50,
		RequestInterval: 2000, PageLoadDelay: 10, Driver: "fast", Created: w.now, Queued: w.now,
	}
	if added != fresh {
		t.Fatalf("a fresh job is\n%+v, want\n%+v", added, fresh)
	}
	w.must(w.Schedule(1234))
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
	w.must(w.Continue(1234))
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
	if !slices.Equal(w.notified, []webhook.Notification{n, again}) {
		t.Errorf("notified %+v", w.notified)
	}
}

func TestEndings(t *testing.T) {
	t.Parallel()
	imperfect := cloud.Outcome{Status: webhook.Finished, Rows: 5, EmptyPages: 1}
	for _, tc := range []struct {
		name       string
		profile    webhook.Profile
		outcome    cloud.Outcome
		refused    bool
		notified   bool
		continuing bool
	}{
		{"2020 finished", webhook.Profile2020(), cloud.Outcome{Status: webhook.Finished, Rows: 5}, false, true, false},
		{"2020 failed", webhook.Profile2020(), cloud.Outcome{Status: webhook.Failed, Rows: 5}, false, true, true},
		{"2020 shelved", webhook.Profile2020(), cloud.Outcome{Status: webhook.Shelved, Rows: 5}, false, true, true},
		{"2020 stopped", webhook.Profile2020(), cloud.Outcome{Status: webhook.Stopped, Rows: 5}, false, true, false},
		{"2020 finished with empty pages", webhook.Profile2020(), imperfect, true, false, false},
		{"2022 finished with empty pages", webhook.Profile2022(), imperfect, false, true, true},
		{"2022 finished", webhook.Profile2022(), cloud.Outcome{Status: webhook.Finished, Rows: 5}, false, true, false},
		{"2022 shelved", webhook.Profile2022(), cloud.Outcome{Status: webhook.Shelved, Rows: 5}, false, false, true},
		{"no end", webhook.Profile2020(), cloud.Outcome{Status: webhook.Scheduled}, true, false, false},
		{"an unknown end", webhook.Profile2020(), cloud.Outcome{Status: "archived"}, true, false, false},
		{"less than no page", webhook.Profile2020(), cloud.Outcome{Status: webhook.Finished, EmptyPages: -1}, true, false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, cloud.Config{Profile: tc.profile})
			id := w.started(cloud.JobSpec{})
			before := w.job(id)
			err := w.Conclude(id, tc.outcome)
			if (err != nil) != tc.refused {
				t.Fatalf("ending it: %v, want it refused %v", err, tc.refused)
			}
			if tc.refused && w.job(id) != before {
				t.Errorf("a refused end left %+v", w.job(id))
			}
			if got := len(w.notified) == 1; got != tc.notified {
				t.Errorf("%d notifications, want one %v", len(w.notified), tc.notified)
			}
			if err := w.Continue(id); (err == nil) != tc.continuing {
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
		planned := w.started(cloud.JobSpec{Rows: rows})
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
	id := w.started(cloud.JobSpec{Rows: 7})
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
	w.must(w.Continue(id))
	w.must(w.Start(id))
	if err := w.End(id, webhook.Finished, 9); err == nil {
		t.Error("a continued job lost a row")
	}
}

func TestShelvedLaterIsNotNotified(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cloud.Config{})
	id := w.started(cloud.JobSpec{})
	if err := w.Shelve(id); !errors.Is(err, cloud.ErrTransition) {
		t.Errorf("shelving a running job: %v", err)
	}
	w.must(w.End(id, webhook.Stopped, 3))
	w.must(w.Shelve(id))
	if j := w.job(id); j.Status != webhook.Shelved || len(w.notified) != 1 {
		t.Errorf("%s after %d notifications, want shelved after the one of its stop", j.Status, len(w.notified))
	}
}

func TestRefusedSteps(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cloud.Config{})
	job, err := w.AddJob(cloud.JobSpec{SitemapID: w.sitemap.ID})
	w.must(err)
	if err := w.End(job.ID, webhook.Finished, 1); !errors.Is(err, cloud.ErrTransition) {
		t.Errorf("ending a waiting job: %v", err)
	}
	w.must(w.Start(job.ID))
	if err := w.Start(job.ID); !errors.Is(err, cloud.ErrTransition) {
		t.Errorf("starting it twice: %v", err)
	}
	w.must(w.End(job.ID, webhook.Stopped, 1))
	if err := w.End(job.ID, webhook.Shelved, 1); !errors.Is(err, cloud.ErrTransition) {
		t.Errorf("ending an ended job: %v", err)
	}
	for name, step := range map[string]error{
		"start": w.Start(1), "end": w.End(1, webhook.Finished, 1), "continue": w.Continue(1), "delete": w.DeleteJob(1),
	} {
		if !errors.Is(step, cloud.ErrNotFound) {
			t.Errorf("%s of no job: %v", name, step)
		}
	}
}

// TestNotifyMayUseTheCloud holds as long as no lock is held meanwhile.
func TestNotifyMayUseTheCloud(t *testing.T) {
	t.Parallel()
	var w *world
	fault := errors.New("queue is full")
	w = newWorld(t, cloud.Config{Notify: func(n webhook.Notification) error {
		if got := w.job(n.JobID).Status; got != webhook.Finished {
			t.Errorf("the job is %s while it is notified", got)
		}
		return fault
	}})
	id := w.started(cloud.JobSpec{})
	if err := w.End(id, webhook.Finished, 1); !errors.Is(err, fault) {
		t.Errorf("got %v, want the notifier's error", err)
	}
}
