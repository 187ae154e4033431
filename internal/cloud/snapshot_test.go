package cloud_test

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/records"
	"github.com/scrapehook/scrapehook/webhook"
)

// ledger keeps transactions as a state file does.
type ledger struct {
	objects     map[string]cloud.Change
	keys        []string // in the order of their making
	waiting     []cloud.Waiting
	sitemap, id int64 // next
	fail        error
}

func (l *ledger) keep(tx cloud.Transaction) error {
	if l.fail != nil {
		return l.fail
	}
	if tx.Reset {
		*l = ledger{sitemap: l.sitemap, id: l.id}
	}
	if l.objects == nil {
		l.objects = map[string]cloud.Change{}
	}
	l.sitemap, l.id = cmp.Or(tx.NextSitemap, l.sitemap), cmp.Or(tx.NextJob, l.id)
	for _, c := range tx.Changes {
		key := fmt.Sprint(c.Kind, c.ID)
		if _, known := l.objects[key]; !known {
			l.keys = append(l.keys, key)
		}
		if l.objects[key] = c; c.State == nil && !c.Retired {
			delete(l.objects, key)
			l.keys = slices.DeleteFunc(l.keys, func(k string) bool { return k == key })
		}
	}
	l.waiting = append(l.waiting, tx.Waiting...)
	return nil
}

// restore makes a cloud of what was kept.
func (l *ledger) restore(t *testing.T, cfg cloud.Config) *world {
	t.Helper()
	cfg.Keep = l.keep
	c, err := cloud.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	tx := cloud.Transaction{NextSitemap: l.sitemap, NextJob: l.id, Waiting: l.waiting}
	for _, key := range l.keys {
		tx.Changes = append(tx.Changes, l.objects[key])
	}
	if err := c.Restore(tx); err != nil {
		t.Fatal(err)
	}
	return &world{Cloud: c, t: t}
}

func TestRestore(t *testing.T) {
	t.Parallel()
	kept := &ledger{}
	cfg := cloud.Config{Seed: 3, Turnouts: turnouts(t, "empty=30%"), Keep: kept.keep}
	w := newWorld(t, cfg)
	id := w.started(cloud.JobSpec{CustomID: "c", Rows: new(500), StartURLs: []string{"https://a.example/[1-50]"}})
	w.must(w.Complete(id, webhook.Finished, w.now))
	w.did(w.Continue(id))
	w.must(w.Start(id))
	w.must(w.Complete(id, webhook.Finished, w.now))
	running := w.started(cloud.JobSpec{Rows: new(7), Ending: &cloud.Ending{Status: webhook.Failed, Rows: 3}})
	gone := w.started(cloud.JobSpec{})
	w.must(w.DeleteJob(gone))
	w.must(w.TagSitemap(w.sitemap.ID, []string{"x"}))
	w.must(w.EnableScheduler(w.sitemap.ID, cloud.DefaultScheduler()))

	v := kept.restore(t, cloud.Config{Seed: 3, Turnouts: cfg.Turnouts})
	v.sitemap, v.now = w.sitemap, w.now
	if fmt.Sprint(v.notified()) != fmt.Sprint(w.notified()) || len(v.notified()) != 2 {
		t.Errorf("the outbox holds %v, held %v", v.notified(), w.notified())
	}
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
	if next.ID != gone+1 {
		t.Errorf("the next job is %d, want %d", next.ID, gone+1)
	}
}

func TestAChangeThatIsNotKeptIsNone(t *testing.T) {
	t.Parallel()
	kept := &ledger{}
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
	if _, total := w.Jobs(cloud.JobFilter{}, 0, 9); total != 1 || w.job(id) != before || len(w.notified()) != 0 {
		t.Errorf("%d jobs, %+v, %d notifications", total, w.job(id), len(w.notified()))
	}
}

// TestSequenceOfIDs: the cloud's ids go on from its own, whatever callers chose,
// and no id is given twice, also after a restart.
func TestSequenceOfIDs(t *testing.T) {
	t.Parallel()
	kept := &ledger{}
	w := newWorld(t, cloud.Config{Keep: kept.keep})
	add := func(w *world, id int64) int64 {
		t.Helper()
		job, err := w.AddJob(cloud.JobSpec{ID: id, SitemapID: w.sitemap.ID})
		w.must(err)
		return job.ID
	}
	first := add(w, 0)
	add(w, first+1)
	add(w, 1<<53)
	gone := add(w, first+2)
	w.must(w.DeleteJob(gone))
	v := kept.restore(t, cloud.Config{})
	v.sitemap = w.sitemap
	for name, w := range map[string]*world{"goes on": w, "restarted": v} {
		if got := add(w, 0); got != first+3 {
			t.Errorf("%s: the next id is %d, want %d", name, got, first+3)
		}
	}
	w.must(w.Reset())
	var err error
	w.sitemap, err = w.AddSitemap("", "")
	w.must(err)
	add(w, first+5)
	w.must(w.Reset())
	u := kept.restore(t, cloud.Config{})
	if u.sitemap, _ = u.AddSitemap("", ""); u.sitemap.ID <= w.sitemap.ID {
		t.Errorf("sitemap id %d was given twice", u.sitemap.ID)
	}
	if a, b := add(u, 0), add(u, 0); a != first+4 || b != first+6 {
		t.Errorf("after a reset the next ids are %d and %d, want %d and %d", a, b, first+4, first+6)
	}
}

func TestScheduledJobs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cloud.Config{Rows: 9})
	w.now = time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC)
	s := cloud.DefaultScheduler()
	s.Minute, s.Hour, s.Timezone, s.Driver = "30", "7", "Europe/Riga", "fulljs"
	w.must(w.EnableScheduler(w.sitemap.ID, s))
	jobs := func(now string) (all []cloud.Job) {
		t.Helper()
		at, err := time.Parse(time.RFC3339, now)
		w.must(err)
		w.now = at
		for taken := true; taken; {
			taken, err = w.TakeDue()
			w.must(err)
		}
		all, _ = w.Jobs(cloud.JobFilter{}, 0, 10)
		return all
	}
	// Riga is two hours ahead, and three after the night of the 29th.
	for i, due := range []string{"2026-03-29T04:30:00Z", "2026-03-30T04:30:00Z"} {
		all := jobs(due)
		if len(all) != i+1 {
			t.Fatalf("at %s there are %d jobs", due, len(all))
		}
		if job := all[i]; !job.Scheduled || job.Driver != "fulljs" || job.Created.UTC().Format(time.RFC3339) != due || job.Rows != 9 {
			t.Errorf("got %+v", job)
		}
	}
	w.must(w.DisableScheduler(w.sitemap.ID))
	if all := jobs("2026-04-30T04:30:00Z"); len(all) != 2 {
		t.Errorf("disabled, it has made %d jobs", len(all))
	}
	s.Hour = "25"
	if err := w.EnableScheduler(w.sitemap.ID, s); err == nil {
		t.Error("an hour beyond the day was accepted")
	}
	s.Hour = "7"
	w.must(w.EnableScheduler(w.sitemap.ID, s))
	w.must(w.DeleteSitemap(w.sitemap.ID))
	if all := jobs("2026-05-30T04:30:00Z"); len(all) != 2 {
		t.Errorf("deleted, it has made %d jobs", len(all))
	}
}

func TestRecordFile(t *testing.T) {
	t.Parallel()
	open := func(content string) (*records.File, error) {
		path := filepath.Join(t.TempDir(), "rows")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return records.Open(path)
	}
	long := `{"a":"` + strings.Repeat("x", 200_000) + `"}`
	file, err := open("{\"a\":1}\r\n" + long + "\n{\"b\":null,\"a\":\"\"}")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w := newWorld(t, cloud.Config{Records: map[string]*records.File{"": file}})
	id := w.started(cloud.JobSpec{})
	w.must(w.End(id, webhook.Finished, -1))
	if got := w.rows(id); got != "{\"a\":1}\n"+long+"\n{\"b\":null,\"a\":\"\"}\n" {
		t.Errorf("%d bytes of rows", len(got))
	}
	columns, err := w.DataColumns(id)
	w.must(err)
	if len(columns) != 2 || columns[0].Name != "a" || columns[0].Filled < 66 || columns[0].Filled > 67 || columns[1].Filled != 0 {
		t.Errorf("columns are %+v", columns)
	}
	// No job has more rows than the file.
	four := 4
	for what, err := range map[string]error{
		"adding": func() error { _, err := w.AddJob(cloud.JobSpec{SitemapID: w.sitemap.ID, Rows: &four}); return err }(),
		"ending": w.End(w.started(cloud.JobSpec{}), webhook.Finished, 4),
	} {
		if !errors.Is(err, cloud.ErrEnding) || !strings.Contains(err.Error(), "a file of 3 rows") {
			t.Errorf("%s a job of 4 rows: %v", what, err)
		}
	}
	for content, want := range map[string]string{
		"{}\n\n": "line 2", "[1]": "line 1", "{} {}": "line 1", "{\"a\":}": "line 1", "{\"a\":1": "line 1",
	} {
		if _, err := open(content); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s blamed", content, err, want)
		}
	}
}
