package simulator_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/simulator"
	"github.com/scrapehook/scrapehook/simulator/delivery"
	"github.com/scrapehook/scrapehook/webhook"
)

// control performs one call of the control API and decodes its answer.
func control(t *testing.T, s *simulator.Simulator, method, path, body string, into any) (status int, text string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.ControlURL()+path, strings.NewReader(body))
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
	if into != nil {
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, got)
		}
		if err := json.Unmarshal(got, into); err != nil {
			t.Fatalf("%s %s: %v in %s", method, path, err, got)
		}
	}
	return resp.StatusCode, strings.TrimSpace(string(got))
}

type controlled struct {
	ID     int64
	Status webhook.Status
	Rows   int
}

// TestAdvancedClock: two weeks pass at once for jobs and resends.
func TestAdvancedClock(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.JobTime = time.Hour
	url, notified := endpoint(t, http.StatusInternalServerError)
	cfg.Endpoints = []string{url}
	s, _ := run(t, cfg)
	var job controlled
	control(t, s, "POST", "jobs", `{"status":"stopped","rows":7}`, &job)
	if job.Status != webhook.WaitingToBeScheduled {
		t.Fatalf("it begins %s", job.Status)
	}
	control(t, s, "POST", "clock", `{"advance":"2h"}`, nil)
	for attempt := range 3 {
		await(t, notified)
		eventually(t, func() bool {
			var seen struct{ Attempts []any }
			control(t, s, "GET", fmt.Sprintf("deliveries?job=%d", job.ID), "", &seen)
			return len(seen.Attempts) == attempt+1
		})
		control(t, s, "POST", "clock", `{"advance":"30s"}`, nil)
	}
	control(t, s, "POST", "clock", `{"advance":"336h"}`, nil)
	eventually(t, func() bool {
		control(t, s, "GET", fmt.Sprintf("jobs/%d", job.ID), "", &job)
		return job.Status == webhook.Shelved && job.Rows == 7
	})
}

func TestPausedClock(t *testing.T) {
	t.Parallel()
	s, _ := run(t, config())
	var now struct {
		Now    time.Time
		Paused bool
	}
	control(t, s, "POST", "clock", `{"paused":true}`, &now)
	id, _ := createJob(t, s)
	other := now.Now
	control(t, s, "GET", "clock", "", &now)
	if !now.Paused || !now.Now.Equal(other) {
		t.Errorf("the clock reads %+v, %v before", now, other)
	}
	if j, err := s.Cloud.Job(id); err != nil || j.Status != webhook.WaitingToBeScheduled {
		t.Errorf("it is %s, %v", j.Status, err)
	}
	control(t, s, "POST", "clock", `{"paused":false,"scale":1000}`, nil)
	eventually(t, func() bool { j, _ := s.Cloud.Job(id); return j.Status == webhook.Finished })
}

// TestScheduler makes a day's jobs in a moment.
func TestScheduler(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.JobTime = time.Minute
	s, _ := run(t, cfg)
	_, sitemap := createJob(t, s)
	call(t, s, "POST", fmt.Sprintf("sitemap/%d/enable-scheduler", sitemap), `{"cron_minute":"0","cron_hour":"*","cron_day":"*","cron_month":"*",`+
		`"cron_weekday":"*","cron_timezone":"Asia/Kolkata","request_interval":1,"page_load_delay":1,"driver":"fast"}`, nil)
	control(t, s, "POST", "clock", `{"advance":"24h"}`, nil)
	var jobs []struct {
		Status    webhook.Status
		Scheduled int
		Created   int64 `json:"time_created"`
	}
	eventually(t, func() bool {
		call(t, s, "GET", "scraping-jobs", "", &jobs)
		ended := 0
		for _, j := range jobs {
			if j.Status == webhook.Finished {
				ended++
			}
		}
		return len(jobs) == 25 && ended >= 24
	})
	for i, j := range jobs[1:] {
		// On the hour in India, which is half past in UTC.
		if j.Scheduled != 1 || j.Created%3600 != 1800 || (i > 0 && j.Created-jobs[i].Created != 3600) {
			t.Errorf("job %d is %+v", i, j)
		}
	}
	call(t, s, "POST", fmt.Sprintf("sitemap/%d/disable-scheduler", sitemap), "", nil)
}

func TestControlledJobs(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.JobTime = time.Hour
	url, notified := endpoint(t, http.StatusNoContent)
	s, _ := run(t, cfg)
	control(t, s, "PUT", "endpoints", fmt.Sprintf(`{"endpoints":[%q]}`, url), nil)

	var job controlled
	control(t, s, "POST", "jobs", `{"status":"failed","rows":5,"failed_pages":3,"takes":"1ms","custom_id":"c"}`, &job)
	if got := await(t, notified); !strings.Contains(got, fmt.Sprintf("scrapingjob_id=%d&status=failed&", job.ID)) {
		t.Errorf("notified of %s", got)
	}
	path := fmt.Sprintf("jobs/%d", job.ID)
	control(t, s, "POST", path+"/continue", "", &job)
	if job.Status != webhook.WaitingToBeScheduled || job.Rows != 5 {
		t.Errorf("continued: %+v", job)
	}
	control(t, s, "POST", path+"/end", `{"status":"shelved","rows":9,"empty_pages":1}`, &job)
	if got := await(t, notified); !strings.Contains(got, "status=shelved") || job.Rows != 9 {
		t.Errorf("notified of %s, %+v", got, job)
	}
	control(t, s, "POST", path+"/continue", "", &job)
	control(t, s, "POST", path+"/stop", "", &job)
	if got := await(t, notified); !strings.Contains(got, "status=stopped") || job.Status != webhook.Stopped {
		t.Errorf("notified of %s, %+v", got, job)
	}
	if status, text := control(t, s, "POST", path+"/continue", "", nil); status != http.StatusConflict {
		t.Errorf("continuing a stopped job: %d %s", status, text)
	}
	var seen struct {
		Attempts []struct {
			Delivery uint64
			Reason   delivery.Reason
			Status   webhook.Status
		}
	}
	eventually(t, func() bool {
		control(t, s, "GET", "deliveries?limit=1", "", &seen)
		return len(seen.Attempts) == 1 && seen.Attempts[0].Status == webhook.Stopped
	})
	control(t, s, "POST", fmt.Sprintf("deliveries/%d/resend", seen.Attempts[0].Delivery), "", nil)
	if got := await(t, notified); !strings.Contains(got, "status=stopped") {
		t.Errorf("resent %s", got)
	}
	var test struct {
		Reason     delivery.Reason
		HTTPStatus int `json:"http_status"`
	}
	control(t, s, "POST", "test-notification", "", &test)
	if got := await(t, notified); got != "scrapingjob_id=1234&status=finished&sitemap_id=12&sitemap_name=my-sitemap" || test.HTTPStatus != 204 {
		t.Errorf("tested with %s: %+v", got, test)
	}
}

func TestControlledFaults(t *testing.T) {
	t.Parallel()
	s, _ := run(t, config())
	var added struct{ ID int }
	control(t, s, "POST", "faults", `{"kind":"server-error","route":"GET account","nth":2}`, &added)
	for i, want := range []int{200, 500, 200} {
		resp, err := http.Get(s.BaseURL() + "account?api_token=s3cret")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("call %d is answered %d, want %d", i+1, resp.StatusCode, want)
		}
	}
	if status, text := control(t, s, "DELETE", fmt.Sprintf("faults/%d", added.ID), "", nil); status != 200 {
		t.Errorf("removing it: %d %s", status, text)
	}
	if _, text := control(t, s, "GET", "faults", "", nil); text != `{"faults":[]}` {
		t.Errorf("left is %s", text)
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
			eventually(t, func() bool { j, err := s.Cloud.Job(id); return err == nil && j.Status.Ended() })
			j, err := s.Cloud.Job(id)
			if err != nil {
				t.Fatal(err)
			}
			if j.Status == webhook.Finished {
				break
			}
			control(t, s, "POST", fmt.Sprintf("jobs/%d/continue", id), "", nil)
		}
		if j, err := s.Cloud.Job(id); err != nil || j.Status != webhook.Finished || j.StoredRecordCount != 30 {
			t.Errorf("it is %+v, %v", j, err)
		}
	}
}

// TestFullSender: what the sender has no room for waits in the outbox, and is an
// error for nobody.
func TestFullSender(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.MaxPending, cfg.JobTime = 1, time.Hour
	release := make(chan struct{})
	got := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- string(body)
		<-release
	}))
	t.Cleanup(server.Close)
	cfg.Endpoints, cfg.OnError = []string{server.URL}, func(err error) { t.Errorf("told of %v", err) }
	s, _ := run(t, cfg)
	t.Cleanup(func() { close(release) })
	var job controlled
	control(t, s, "POST", "jobs", `{"takes":"1ms"}`, &job)
	await(t, got)
	control(t, s, "POST", "jobs", `{"takes":"1ms"}`, &job)
	second := job.ID
	var seen struct {
		Pending []struct {
			Delivery uint64
			Job      int64
		}
		Total int `json:"pending_total"`
	}
	eventually(t, func() bool {
		control(t, s, "GET", fmt.Sprintf("deliveries?job=%d", second), "", &seen)
		return seen.Total == 1
	})
	if p := seen.Pending[0]; p.Delivery != 0 || p.Job != second {
		t.Errorf("pending is %+v, want it in the outbox", p)
	}
	// Continued while its notification waits, it is still notified as it ended,
	// and of its second end too.
	control(t, s, "POST", "jobs", `{"takes":"1h"}`, &job)
	path := fmt.Sprintf("jobs/%d", job.ID)
	control(t, s, "POST", path+"/end", `{"status":"failed","rows":3,"failed_pages":2}`, &job)
	control(t, s, "POST", path+"/continue", "", &job)
	control(t, s, "POST", path+"/stop", "", &job)
	for _, want := range []string{
		fmt.Sprintf("scrapingjob_id=%d&status=finished&", second),
		fmt.Sprintf("scrapingjob_id=%d&status=failed&", job.ID),
		fmt.Sprintf("scrapingjob_id=%d&status=stopped&", job.ID),
	} {
		release <- struct{}{}
		if text := await(t, got); !strings.HasPrefix(text, want) {
			t.Errorf("notified of %s, want %s", text, want)
		}
	}
}

func TestSeedStateAndReset(t *testing.T) {
	t.Parallel()
	s, _ := run(t, config())
	control(t, s, "POST", "seed", `{"sitemaps":2,"jobs":3,"rows":4,"status":"failed"}`, nil)
	var state struct {
		Seed     uint64
		Profile  string
		Sitemaps int
		Jobs     map[string]int
	}
	control(t, s, "GET", "state", "", &state)
	if state.Seed != 1 || state.Profile != "2020" || state.Sitemaps != 2 || state.Jobs["failed"] != 6 {
		t.Errorf("the state is %+v", state)
	}
	control(t, s, "POST", "reset", "", nil)
	state.Jobs = nil
	control(t, s, "GET", "state", "", &state)
	if state.Sitemaps != 0 || len(state.Jobs) != 0 {
		t.Errorf("after the reset: %+v", state)
	}
}

func TestControlRefuses(t *testing.T) {
	t.Parallel()
	s, _ := run(t, config())
	for _, tc := range []struct {
		method, path, body string
		status             int
	}{
		{"GET", "health", "", 200}, {"GET", "ready", "", 200},
		{"GET", "nothing", "", 404}, {"PUT", "state", "", 405},
		{"GET", "jobs/5", "", 404}, {"POST", "jobs/5/stop", "", 404},
		{"POST", "jobs", `{"status":"archived"}`, 400}, {"POST", "jobs", `{"color":1}`, 400}, {"POST", "jobs", `{`, 400},
		{"POST", "jobs", `{"status":"finished","empty_pages":1}`, 400},
		{"POST", "jobs", `{"empty_pages":1}`, 400}, {"POST", "jobs", `{"takes":5}`, 400}, {"POST", "jobs", `{"sitemap_id":5}`, 404},
		{"POST", "seed", `{"sitemaps":0}`, 400}, {"POST", "seed", `{"jobs":1000000}`, 400}, {"POST", "seed", `{"status":"started"}`, 400},
		{"POST", "sitemaps", `{"body":"{}"}`, 400}, {"PUT", "sitemaps/5/tags", `{"tags":["x"]}`, 404},
		{"POST", "clock", `{"advance":"-1s"}`, 400}, {"POST", "clock", `{"scale":0}`, 400}, {"POST", "clock", `{"advance":"soon"}`, 400},
		{"POST", "faults", `{"kind":"earthquake"}`, 400}, {"DELETE", "faults/5", "", 404}, {"DELETE", "faults", "", 200},
		{"GET", "deliveries?job=x", "", 400}, {"GET", "deliveries?limit=0", "", 400}, {"POST", "deliveries/5/resend", "", 400},
		{"PUT", "endpoints", `{"endpoints":["localhost"]}`, 400}, {"POST", "test-notification", "", 400},
	} {
		if status, text := control(t, s, tc.method, tc.path, tc.body, nil); status != tc.status {
			t.Errorf("%s %s %s: %d %s, want %d", tc.method, tc.path, tc.body, status, text, tc.status)
		}
	}
	for name, change := range map[string]func(*http.Request){
		"another host's name":  func(r *http.Request) { r.Host = "evil.example" },
		"a web page's content": func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.ControlURL()+"reset", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		change(req)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if status, text := control(t, s, "GET", "health", "", nil); status != 200 {
			t.Errorf("after it, health is %d %s", status, text)
		}
		if resp.StatusCode != http.StatusForbidden && resp.StatusCode != http.StatusUnsupportedMediaType {
			t.Errorf("%s is answered %d", name, resp.StatusCode)
		}
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
	eventually(t, func() bool { p := s.Sender.Pending(); return len(p) == 1 && p[0].Attempt == 2 })
	waiting := s.Sender.Pending()[0]
	rows := call(t, s, "GET", fmt.Sprintf("scraping-job/%d/json", id), "", nil)
	control(t, s, "POST", "jobs", fmt.Sprintf(`{"sitemap_id":%d,"takes":"1h"}`, sitemap), nil)
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
	if pending := again.Sender.Pending(); len(pending) != 1 || pending[0].Attempt != 2 || !pending[0].Due.Equal(waiting.Due) || pending[0].Notification != waiting.Notification {
		t.Errorf("pending is %+v, was %+v", pending, waiting)
	}
	if got := call(t, again, "GET", fmt.Sprintf("scraping-job/%d/json", id), "", nil); got != rows || again.Seed != 1 {
		t.Error("the rows have changed")
	}
	if again.Unended() != 1 {
		t.Errorf("%d jobs are unended", again.Unended())
	}
	control(t, again, "POST", "clock", `{"advance":"2h"}`, nil)
	await(t, notified)
	await(t, notified) // the resend, and the job that has ended since
	control(t, again, "POST", "reset", "", nil)
	if _, total := again.Cloud.Sitemaps("", 0, 1); total != 0 || len(again.Sender.Pending()) > 2 {
		t.Errorf("%d sitemaps after the reset", total)
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
