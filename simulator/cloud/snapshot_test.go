package cloud_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/simulator/cloud"
	"github.com/scrapehook/scrapehook/webhook"
)

// ledger keeps changes in the order of their objects' making.
type ledger struct {
	kept map[string]cloud.Change
	keys []string
	fail error
}

func (l *ledger) keep(changes ...cloud.Change) error {
	if l.fail != nil {
		return l.fail
	}
	for _, c := range changes {
		key := fmt.Sprint(c.Kind, c.ID)
		if _, known := l.kept[key]; !known {
			l.keys = append(l.keys, key)
		}
		l.kept[key] = c
	}
	return nil
}

func TestRestore(t *testing.T) {
	t.Parallel()
	kept := &ledger{kept: map[string]cloud.Change{}}
	cfg := cloud.Config{Seed: 3, Turnouts: turnouts(t, "empty=30%"), Keep: kept.keep}
	w := newWorld(t, cfg)
	id := w.started(cloud.JobSpec{CustomID: "c", Rows: 500, StartURLs: []string{"https://a.example/[1-50]"}})
	w.must(w.Complete(id, webhook.Finished, w.now))
	w.must(w.Continue(id))
	w.must(w.Start(id))
	w.must(w.Complete(id, webhook.Finished, w.now))
	running := w.started(cloud.JobSpec{Rows: 7, Ending: &cloud.Outcome{Status: webhook.Failed, Rows: 3}})
	gone := w.started(cloud.JobSpec{})
	w.must(w.DeleteJob(gone))
	w.must(w.TagSitemap(w.sitemap.ID, []string{"x"}))
	w.must(w.EnableScheduler(w.sitemap.ID, cloud.DefaultScheduler()))

	again, err := cloud.New(cloud.Config{Seed: 3, Turnouts: cfg.Turnouts, Now: func() time.Time { return w.now }})
	w.must(err)
	for _, key := range kept.keys {
		w.must(again.Restore(kept.kept[key]))
	}
	v := &world{Cloud: again, t: t, sitemap: w.sitemap, now: w.now}
	for _, id := range []int64{id, running} {
		a, b := w.job(id), v.job(id)
		if a.Created.UTC() != b.Created.UTC() || a.Status != b.Status || a.StoredRecordCount != b.StoredRecordCount || a.CustomID != b.CustomID {
			t.Errorf("job %d is\n%+v, was\n%+v", id, b, a)
		}
		if w.rows(id) != v.rows(id) {
			t.Errorf("job %d has other rows", id)
		}
	}
	a, _, err := w.Problems(id, 0, 100)
	w.must(err)
	b, _, err := v.Problems(id, 0, 100)
	w.must(err)
	if fmt.Sprint(a) != fmt.Sprint(b) {
		t.Errorf("problems are %v, were %v", b, a)
	}
	v.must(v.Complete(running, webhook.Finished, v.now))
	if j := v.job(running); j.Status != webhook.Failed || j.StoredRecordCount != 3 {
		t.Errorf("its ending was forgotten: %+v", j)
	}
	s, err := v.Sitemap(w.sitemap.ID)
	if err != nil || s.Tags[0] != "x" || !s.Scheduler.Enabled || s.Body != w.sitemap.Body {
		t.Errorf("the sitemap is %+v, %v", s, err)
	}
	next, err := v.AddJob(cloud.JobSpec{SitemapID: w.sitemap.ID})
	v.must(err)
	if next.ID <= gone {
		t.Errorf("job %d was given again", next.ID)
	}
}

func TestAChangeThatIsNotKeptIsNone(t *testing.T) {
	t.Parallel()
	kept := &ledger{kept: map[string]cloud.Change{}}
	w := newWorld(t, cloud.Config{Keep: kept.keep})
	id := w.started(cloud.JobSpec{})
	before := w.job(id)
	kept.fail = errors.New("disk full")
	_, added := w.AddJob(cloud.JobSpec{SitemapID: w.sitemap.ID})
	_, addedSitemap := w.AddSitemap("other", "")
	for name, err := range map[string]error{
		"ending": w.End(id, webhook.Finished, 1), "deleting": w.DeleteJob(id), "adding": added, "adding a sitemap": addedSitemap,
		"deleting a sitemap": w.DeleteSitemap(w.sitemap.ID), "tagging": w.TagSitemap(w.sitemap.ID, nil), "resetting": w.Reset(),
	} {
		if !errors.Is(err, kept.fail) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, total := w.Jobs(cloud.JobFilter{}, 0, 9); total != 1 || w.job(id) != before || len(w.notified) != 0 {
		t.Errorf("%d jobs, %+v, %d notifications", total, w.job(id), len(w.notified))
	}
}

func TestUnnotifiedJobsAreNotifiedLater(t *testing.T) {
	t.Parallel()
	full := errors.New("full")
	refuse := full
	count := 0
	w := newWorld(t, cloud.Config{Notify: func(webhook.Notification) error {
		count++
		return refuse
	}})
	id := w.started(cloud.JobSpec{})
	if err := w.End(id, webhook.Finished, 1); !errors.Is(err, full) || !w.job(id).Unnotified {
		t.Errorf("%v, %+v", err, w.job(id))
	}
	refuse = nil
	w.must(w.Renotify(id))
	w.must(w.Renotify(id))
	if count != 2 || w.job(id).Unnotified {
		t.Errorf("notified %d times, want once after the refusal: %+v", count, w.job(id))
	}
}

func TestScheduledJobs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cloud.Config{Rows: 9})
	w.now = time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC)
	s := cloud.DefaultScheduler()
	s.Minute, s.Hour, s.Timezone, s.Driver = "30", "7", "Europe/Riga", "fulljs"
	w.must(w.EnableScheduler(w.sitemap.ID, s))
	// Riga is two hours ahead, and three after the night of the 29th.
	for _, want := range []string{"2026-03-29T04:30:00Z", "2026-03-30T04:30:00Z"} {
		m, err := w.Sitemap(w.sitemap.ID)
		w.must(err)
		due, err := m.Scheduler.Next()
		w.must(err)
		if got := due.UTC().Format(time.RFC3339); got != want {
			t.Fatalf("due at %s, want %s", got, want)
		}
		job, err := w.AddScheduled(m.ID, due)
		w.must(err)
		if !job.Scheduled || job.Driver != "fulljs" || !job.Created.Equal(due) || job.Rows != 9 {
			t.Errorf("got %+v", job)
		}
		if _, err := w.AddScheduled(m.ID, due); !errors.Is(err, cloud.ErrNotDue) {
			t.Errorf("made twice: %v", err)
		}
	}
	w.must(w.DisableScheduler(w.sitemap.ID))
	if _, err := w.AddScheduled(w.sitemap.ID, time.Date(2026, 3, 31, 4, 30, 0, 0, time.UTC)); !errors.Is(err, cloud.ErrNotDue) {
		t.Errorf("made though disabled: %v", err)
	}
	s.Hour = "25"
	if err := w.EnableScheduler(w.sitemap.ID, s); err == nil {
		t.Error("an hour beyond the day was accepted")
	}
}

func TestRecordFile(t *testing.T) {
	t.Parallel()
	open := func(content string) (*cloud.RecordFile, error) {
		path := filepath.Join(t.TempDir(), "rows")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return cloud.OpenRecords(path)
	}
	long := `{"a":"` + strings.Repeat("x", 200_000) + `"}`
	file, err := open("{\"a\":1}\r\n" + long + "\n{\"b\":null,\"a\":\"\"}")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w := newWorld(t, cloud.Config{Records: map[string]*cloud.RecordFile{"": file}})
	id := w.started(cloud.JobSpec{})
	w.must(w.End(id, webhook.Finished, -1))
	if got := w.rows(id); got != "{\"a\":1}\n"+long+"\n{\"b\":null,\"a\":\"\"}\n" {
		t.Errorf("%d bytes of rows", len(got))
	}
	columns, err := w.Columns(id)
	w.must(err)
	if len(columns) != 2 || columns[0].Name != "a" || columns[0].Filled < 66 || columns[0].Filled > 67 || columns[1].Filled != 0 {
		t.Errorf("columns are %+v", columns)
	}
	for content, want := range map[string]string{
		"{}\n\n": "line 2", "[]": "line 1", "{} {}": "line 1", "{\"a\":}": "line 1", "{\"a\":1": "line 1",
	} {
		if _, err := open(content); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s blamed", content, err, want)
		}
	}
}
