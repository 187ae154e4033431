package control_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/simulator"
	"github.com/scrapehook/scrapehook/webhook"
)

// TestMain fails the run when a test leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what should come at once.
const patience = time.Minute

// control performs one call of the control API and decodes its answer.
func control(t *testing.T, c *simulator.TestCloud, method, path, body string, into any) (status int, text string) {
	t.Helper()
	return call(t, method, c.ControlURL()+path, body, into)
}

// api performs one call of the cloud's own API and decodes its data.
func api(t *testing.T, c *simulator.TestCloud, method, path, body string, data any) {
	t.Helper()
	call(t, method, c.URL()+path+"?api_token="+c.Token(), body, &struct{ Data any }{data})
}

func call(t *testing.T, method, url, body string, into any) (status int, text string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
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
			t.Fatalf("%s %s: %d %s", method, url, resp.StatusCode, got)
		}
		if err := json.Unmarshal(got, into); err != nil {
			t.Fatalf("%s %s: %v in %s", method, url, err, got)
		}
	}
	return resp.StatusCode, strings.TrimSpace(string(got))
}

// endpoint collects what it is notified of.
func endpoint(t *testing.T, status int) (url string, got <-chan string) {
	t.Helper()
	notified := make(chan string, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(status)
		notified <- string(body)
	}))
	t.Cleanup(server.Close)
	return server.URL, notified
}

func await[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
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

// config is a cloud whose jobs end soon.
func config() simulator.Config {
	return simulator.Config{Seed: 1, JobTime: 50 * time.Millisecond, Rows: 30}
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
	c := simulator.Start(t, cfg)
	var job controlled
	control(t, c, "POST", "jobs", `{"status":"stopped","rows":7}`, &job)
	if job.Status != webhook.WaitingToBeScheduled {
		t.Fatalf("it begins %s", job.Status)
	}
	control(t, c, "POST", "clock", `{"advance":"2h"}`, nil)
	for attempt := range 3 {
		await(t, notified)
		eventually(t, func() bool {
			var seen struct{ Attempts []any }
			control(t, c, "GET", fmt.Sprintf("deliveries?job=%d", job.ID), "", &seen)
			return len(seen.Attempts) == attempt+1
		})
		control(t, c, "POST", "clock", `{"advance":"30s"}`, nil)
	}
	control(t, c, "POST", "clock", `{"advance":"336h"}`, nil)
	eventually(t, func() bool {
		control(t, c, "GET", fmt.Sprintf("jobs/%d", job.ID), "", &job)
		return job.Status == webhook.Shelved && job.Rows == 7
	})
}

func TestPausedClock(t *testing.T) {
	t.Parallel()
	c := simulator.Start(t, config())
	var now struct {
		Now    time.Time
		Paused bool
	}
	control(t, c, "POST", "clock", `{"paused":true}`, &now)
	var job controlled
	control(t, c, "POST", "jobs", "", &job)
	other := now.Now
	control(t, c, "GET", "clock", "", &now)
	if !now.Paused || !now.Now.Equal(other) {
		t.Errorf("the clock reads %+v, %v before", now, other)
	}
	path := fmt.Sprintf("jobs/%d", job.ID)
	if control(t, c, "GET", path, "", &job); job.Status != webhook.WaitingToBeScheduled {
		t.Errorf("it is %s", job.Status)
	}
	control(t, c, "POST", "clock", `{"paused":false,"scale":1000}`, nil)
	eventually(t, func() bool { control(t, c, "GET", path, "", &job); return job.Status == webhook.Finished })
}

// TestScheduler makes a day's jobs in a moment.
func TestScheduler(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.JobTime = time.Minute
	c := simulator.Start(t, cfg)
	sitemap := c.AddSitemap("")
	control(t, c, "POST", "jobs", fmt.Sprintf(`{"sitemap_id":%d}`, sitemap), nil)
	api(t, c, "POST", fmt.Sprintf("sitemap/%d/enable-scheduler", sitemap), `{"cron_minute":"0","cron_hour":"*","cron_day":"*","cron_month":"*",`+
		`"cron_weekday":"*","cron_timezone":"Asia/Kolkata","request_interval":1,"page_load_delay":1,"driver":"fast"}`, nil)
	control(t, c, "POST", "clock", `{"advance":"24h"}`, nil)
	var jobs []struct {
		Status    webhook.Status
		Scheduled int
		Created   int64 `json:"time_created"`
	}
	eventually(t, func() bool {
		api(t, c, "GET", "scraping-jobs", "", &jobs)
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
	api(t, c, "POST", fmt.Sprintf("sitemap/%d/disable-scheduler", sitemap), "", nil)
}

func TestControlledJobs(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.JobTime = time.Hour
	url, notified := endpoint(t, http.StatusNoContent)
	c := simulator.Start(t, cfg)
	control(t, c, "PUT", "endpoints", fmt.Sprintf(`{"endpoints":[%q]}`, url), nil)

	var job controlled
	control(t, c, "POST", "jobs", `{"status":"failed","rows":5,"failed_pages":3,"takes":"1ms","custom_id":"c"}`, &job)
	if got := await(t, notified); !strings.Contains(got, fmt.Sprintf("scrapingjob_id=%d&status=failed&", job.ID)) {
		t.Errorf("notified of %s", got)
	}
	path := fmt.Sprintf("jobs/%d", job.ID)
	control(t, c, "POST", path+"/continue", "", &job)
	if job.Status != webhook.WaitingToBeScheduled || job.Rows != 5 {
		t.Errorf("continued: %+v", job)
	}
	control(t, c, "POST", path+"/end", `{"status":"shelved","rows":9,"empty_pages":1}`, &job)
	if got := await(t, notified); !strings.Contains(got, "status=shelved") || job.Rows != 9 {
		t.Errorf("notified of %s, %+v", got, job)
	}
	control(t, c, "POST", path+"/continue", "", &job)
	control(t, c, "POST", path+"/stop", "", &job)
	if got := await(t, notified); !strings.Contains(got, "status=stopped") || job.Status != webhook.Stopped {
		t.Errorf("notified of %s, %+v", got, job)
	}
	if status, text := control(t, c, "POST", path+"/continue", "", nil); status != http.StatusConflict {
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
		control(t, c, "GET", "deliveries?limit=1", "", &seen)
		return len(seen.Attempts) == 1 && seen.Attempts[0].Status == webhook.Stopped
	})
	control(t, c, "POST", fmt.Sprintf("deliveries/%d/resend", seen.Attempts[0].Delivery), "", nil)
	if got := await(t, notified); !strings.Contains(got, "status=stopped") {
		t.Errorf("resent %s", got)
	}
	var test struct {
		Reason     delivery.Reason
		HTTPStatus int `json:"http_status"`
	}
	control(t, c, "POST", "test-notification", "", &test)
	if got := await(t, notified); got != "scrapingjob_id=1234&status=finished&sitemap_id=12&sitemap_name=my-sitemap" || test.HTTPStatus != 204 {
		t.Errorf("tested with %s: %+v", got, test)
	}
}

func TestControlledFaults(t *testing.T) {
	t.Parallel()
	c := simulator.Start(t, config())
	var added struct{ ID int }
	control(t, c, "POST", "faults", `{"kind":"server-error","route":"GET account","nth":2}`, &added)
	for i, want := range []int{200, 500, 200} {
		resp, err := http.Get(c.URL() + "account?api_token=" + c.Token())
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("call %d is answered %d, want %d", i+1, resp.StatusCode, want)
		}
	}
	if status, text := control(t, c, "DELETE", fmt.Sprintf("faults/%d", added.ID), "", nil); status != 200 {
		t.Errorf("removing it: %d %s", status, text)
	}
	if _, text := control(t, c, "GET", "faults", "", nil); text != `{"faults":[]}` {
		t.Errorf("left is %s", text)
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
	c := simulator.Start(t, cfg)
	t.Cleanup(func() { close(release) })
	var job controlled
	control(t, c, "POST", "jobs", `{"takes":"1ms"}`, &job)
	await(t, got)
	control(t, c, "POST", "jobs", `{"takes":"1ms"}`, &job)
	second := job.ID
	var seen struct {
		Pending []struct {
			Delivery uint64
			Job      int64
		}
		Total int `json:"pending_total"`
	}
	eventually(t, func() bool {
		control(t, c, "GET", fmt.Sprintf("deliveries?job=%d", second), "", &seen)
		return seen.Total == 1
	})
	if p := seen.Pending[0]; p.Delivery != 0 || p.Job != second {
		t.Errorf("pending is %+v, want it in the outbox", p)
	}
	// Continued while its notification waits, it is still notified as it ended,
	// and of its second end too.
	control(t, c, "POST", "jobs", `{"takes":"1h"}`, &job)
	path := fmt.Sprintf("jobs/%d", job.ID)
	control(t, c, "POST", path+"/end", `{"status":"failed","rows":3,"failed_pages":2}`, &job)
	control(t, c, "POST", path+"/continue", "", &job)
	control(t, c, "POST", path+"/stop", "", &job)
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
	c := simulator.Start(t, config())
	control(t, c, "POST", "seed", `{"sitemaps":2,"jobs":3,"rows":4,"status":"failed"}`, nil)
	var state struct {
		Seed     uint64
		Profile  string
		Sitemaps int
		Jobs     map[string]int
	}
	control(t, c, "GET", "state", "", &state)
	if state.Seed != 1 || state.Profile != "2020" || state.Sitemaps != 2 || state.Jobs["failed"] != 6 {
		t.Errorf("the state is %+v", state)
	}
	control(t, c, "POST", "reset", "", nil)
	state.Jobs = nil
	control(t, c, "GET", "state", "", &state)
	if state.Sitemaps != 0 || len(state.Jobs) != 0 {
		t.Errorf("after the reset: %+v", state)
	}
}

func TestControlRefuses(t *testing.T) {
	t.Parallel()
	c := simulator.Start(t, config())
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
		if status, text := control(t, c, tc.method, tc.path, tc.body, nil); status != tc.status {
			t.Errorf("%s %s %s: %d %s, want %d", tc.method, tc.path, tc.body, status, text, tc.status)
		}
	}
	for name, change := range map[string]func(*http.Request){
		"another host's name":  func(r *http.Request) { r.Host = "evil.example" },
		"a web page's content": func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") },
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.ControlURL()+"reset", nil)
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
		if status, text := control(t, c, "GET", "health", "", nil); status != 200 {
			t.Errorf("after it, health is %d %s", status, text)
		}
		if resp.StatusCode != http.StatusForbidden && resp.StatusCode != http.StatusUnsupportedMediaType {
			t.Errorf("%s is answered %d", name, resp.StatusCode)
		}
	}
}

// TestEndNow is done as a whole or refused as a whole.
func TestEndNow(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.JobTime = time.Hour
	url, notified := endpoint(t, http.StatusNoContent)
	cfg.Endpoints = []string{url}
	c := simulator.Start(t, cfg)
	var job controlled
	control(t, c, "POST", "jobs", "", &job)
	path := fmt.Sprintf("jobs/%d", job.ID)
	for _, body := range []string{`{"status":"finished","failed_pages":1}`, `{"rows":-1}`, `{"status":""}`, `{"status":"started"}`} {
		if status, text := control(t, c, "POST", path+"/end", body, nil); status != http.StatusBadRequest {
			t.Errorf("ending it with %s: %d %s", body, status, text)
		}
		if control(t, c, "GET", path, "", &job); job.Status != webhook.WaitingToBeScheduled {
			t.Errorf("refused, %s has left it %s", body, job.Status)
		}
	}
	control(t, c, "POST", path+"/end", `{"rows":0}`, &job)
	if got := await(t, notified); !strings.Contains(got, "status=finished") || job.Status != webhook.Finished || job.Rows != 0 {
		t.Errorf("notified of %s, and it is %+v", got, job)
	}
	if status, text := control(t, c, "POST", path+"/end", "", nil); status != http.StatusConflict {
		t.Errorf("ending it twice: %d %s", status, text)
	}
	control(t, c, "POST", "jobs", `{"rows":0,"takes":"1ms"}`, &job)
	await(t, notified)
	if control(t, c, "GET", fmt.Sprintf("jobs/%d", job.ID), "", &job); job.Rows != 0 {
		t.Errorf("a job of 0 rows has %d", job.Rows)
	}
}

// TestReplacedEndpoints: what ends from then on is notified to the new ones, and
// what is pending keeps its own.
func TestReplacedEndpoints(t *testing.T) {
	t.Parallel()
	refusing, first := endpoint(t, http.StatusInternalServerError)
	good, second := endpoint(t, http.StatusNoContent)
	c := simulator.Start(t, simulator.Config{Endpoints: []string{refusing}})
	before := c.FinishJob(0, 1)
	await(t, first)
	control(t, c, "PUT", "endpoints", fmt.Sprintf(`{"endpoints":[%q]}`, good), nil)
	after := c.FinishJob(0, 1)
	if got := await(t, second); !strings.Contains(got, fmt.Sprint("scrapingjob_id=", after, "&")) {
		t.Errorf("the new one is notified of %s", got)
	}
	eventually(t, func() bool {
		control(t, c, "POST", "clock", `{"advance":"30s"}`, nil)
		return len(first) > 0
	})
	if got := await(t, first); !strings.Contains(got, fmt.Sprint("scrapingjob_id=", before, "&")) {
		t.Errorf("the old one is notified of %s", got)
	}
	if status, text := control(t, c, "PUT", "endpoints", fmt.Sprintf(`{"endpoints":[%q,%q]}`, good, good), nil); status != http.StatusBadRequest {
		t.Errorf("an endpoint twice: %d %s", status, text)
	}
}
