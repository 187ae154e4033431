package simulator_test

import (
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/simulator"
	"github.com/scrapehook/scrapehook/webhook"
)

// control performs one call of the control API, which must succeed.
func control(t *testing.T, s *simulator.Simulator, path, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.ControlURL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s", path, resp.StatusCode, got)
	}
}

// TestStateLasts stops a simulator and starts another one on its file.
func TestStateLasts(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.State = filepath.Join(t.TempDir(), "cloud.db")
	url, notified := endpoint(t, http.StatusInternalServerError)
	cfg.Endpoints = []string{url}
	s, stop := run(t, cfg)
	id, sitemap := createJob(t, s)
	await(t, notified)
	eventually(t, func() bool { p := s.Sender().Pending(); return len(p) == 1 && p[0].Attempt == 2 })
	waiting := s.Sender().Pending()[0]
	rows := call(t, s, "GET", fmt.Sprintf("scraping-job/%d/json", id), "", nil)
	control(t, s, "jobs", fmt.Sprintf(`{"sitemap_id":%d,"takes":"1h"}`, sitemap))
	if _, err := simulator.New(t.Context(), cfg); err == nil {
		t.Error("two processes have one state")
	}
	stop()

	cfg.Seed = 99
	if _, err := simulator.New(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "seed 1") {
		t.Errorf("another seed: %v", err)
	}
	cfg.AnySeed = true
	again, _ := run(t, cfg)
	if pending := again.Sender().Pending(); len(pending) != 1 || pending[0].Attempt != 2 || !pending[0].Due.Equal(waiting.Due) || pending[0].Notification != waiting.Notification {
		t.Errorf("pending is %+v, was %+v", pending, waiting)
	}
	if got := call(t, again, "GET", fmt.Sprintf("scraping-job/%d/json", id), "", nil); got != rows || again.Seed != 1 {
		t.Error("the rows have changed")
	}
	if again.Unended() != 1 {
		t.Errorf("%d jobs are unended", again.Unended())
	}
	control(t, again, "clock", `{"advance":"2h"}`)
	await(t, notified)
	await(t, notified) // the resend, and the job that has ended since
	control(t, again, "reset", "")
	if _, total := again.Cloud().Sitemaps("", 0, 1); total != 0 || len(again.Sender().Pending()) > 2 {
		t.Errorf("%d sitemaps after the reset", total)
	}
}

// TestAContinuedJobDrawsAgain: with half of the runs failing, no job fails for
// ever.
func TestAContinuedJobDrawsAgain(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.JobTime = time.Millisecond
	cfg.EndStatuses = simulator.Mix{{Value: webhook.Finished, Weight: 1}, {Value: webhook.Failed, Weight: 1}}
	s, _ := run(t, cfg)
	for range 10 {
		id, _ := createJob(t, s)
		for range 100 {
			eventually(t, func() bool { j, err := s.Cloud().Job(id); return err == nil && j.Status.Ended() })
			j, err := s.Cloud().Job(id)
			if err != nil {
				t.Fatal(err)
			}
			if j.Status == webhook.Finished {
				break
			}
			control(t, s, fmt.Sprintf("jobs/%d/continue", id), "")
		}
		if j, err := s.Cloud().Job(id); err != nil || j.Status != webhook.Finished || j.StoredRecordCount != 30 {
			t.Errorf("it is %+v, %v", j, err)
		}
	}
}

func eventually(t *testing.T, done func() bool) {
	t.Helper()
	for until := time.Now().Add(patience); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		if done() {
			return
		}
	}
	t.Fatal("it does not come about")
}
