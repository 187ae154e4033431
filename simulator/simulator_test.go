package simulator_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/simulator"
	"github.com/scrapehook/scrapehook/webhook"
)

// patience is how long a test waits for what should come at once.
const patience = time.Minute

// config is a simulator whose jobs end soon.
func config() simulator.Config {
	return simulator.Config{Token: "s3cret", Seed: 1, JobTime: 50 * time.Millisecond, Rows: 30}
}

// run starts a simulator; stop stops it and waits.
func run(t *testing.T, cfg simulator.Config) (s *simulator.Simulator, stop func()) {
	t.Helper()
	s, err := simulator.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	stopped := false
	stop = func() {
		t.Helper()
		if stopped {
			return
		}
		stopped = true
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("it ended with %v", err)
			}
		case <-time.After(patience):
			t.Error("it does not stop")
		}
	}
	t.Cleanup(stop)
	return s, stop
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

// call performs one call that must succeed and decodes its data; a download's
// body is returned as it is.
func call(t *testing.T, s *simulator.Simulator, method, path, body string, data any) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.BaseURL()+path+"?api_token=s3cret", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %d %s, %v", method, path, resp.StatusCode, got, err)
	}
	if data != nil {
		if err := json.Unmarshal(got, &struct{ Data any }{data}); err != nil {
			t.Fatal(err)
		}
	}
	return string(got)
}

// createJob makes a sitemap and a job over HTTP, as a user does.
func createJob(t *testing.T, s *simulator.Simulator) (job, sitemap int64) {
	t.Helper()
	var made struct{ ID int64 }
	call(t, s, "POST", "sitemap", `{"_id":"my-sitemap","startUrl":["https://a.example/"],"selectors":[{"id":"name","type":"SelectorText"}]}`, &made)
	sitemap = made.ID
	call(t, s, "POST", "scraping-job", fmt.Sprintf(`{"sitemap_id":%d,"driver":"fast","page_load_delay":0,"request_interval":0}`, sitemap), &made)
	return made.ID, sitemap
}

// TestFromSitemapToDownload is the whole walk over HTTP.
func TestFromSitemapToDownload(t *testing.T) {
	t.Parallel()
	cfg := config()
	url, notified := endpoint(t, http.StatusNoContent)
	attempts := make(chan delivery.Attempt, 10)
	cfg.Endpoints, cfg.OnAttempt = []string{url}, func(a delivery.Attempt) { attempts <- a }
	s, stop := run(t, cfg)
	id, sitemap := createJob(t, s)

	want := fmt.Sprintf("scrapingjob_id=%d&status=finished&sitemap_id=%d&sitemap_name=my-sitemap", id, sitemap)
	if got := await(t, notified); got != want {
		t.Errorf("notified of %s, want %s", got, want)
	}
	if a := await(t, attempts); a.Reason != delivery.Acked {
		t.Errorf("the attempt ended %s", a.Reason)
	}
	var job struct {
		Status string
		Stored int `json:"stored_record_count"`
	}
	call(t, s, "GET", fmt.Sprintf("scraping-job/%d", id), "", &job)
	rows := call(t, s, "GET", fmt.Sprintf("scraping-job/%d/json", id), "", nil)
	if job.Status != "finished" || job.Stored != 30 || strings.Count(rows, "\n") != 30 {
		t.Errorf("the job is %+v, with %d rows to download", job, strings.Count(rows, "\n"))
	}
	stop()
	if s.Unended() != 0 || len(s.Sender().Pending()) != 0 {
		t.Errorf("%d jobs and %d notifications are left", s.Unended(), len(s.Sender().Pending()))
	}
}

func TestEveryEndpointIsNotified(t *testing.T) {
	t.Parallel()
	cfg := config()
	first, one := endpoint(t, http.StatusNoContent)
	second, two := endpoint(t, http.StatusInternalServerError)
	cfg.Endpoints = []string{first, second}
	s, stop := run(t, cfg)
	createJob(t, s)
	if a, b := await(t, one), await(t, two); a != b {
		t.Errorf("notified of %s and %s", a, b)
	}
	stop() // at most an attempt is under way, or its resend waits
	pending := s.Sender().Pending()
	if !slices.ContainsFunc(pending, func(p delivery.Pending) bool { return p.URL == second }) {
		t.Errorf("pending is %+v, want the resend to the second endpoint", pending)
	}
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	for status, rows := range map[webhook.Status]int{webhook.Failed: 15, webhook.Stopped: 15, webhook.Shelved: 30} {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			cfg := config()
			url, notified := endpoint(t, http.StatusNoContent)
			cfg.Endpoints, cfg.EndStatuses = []string{url}, simulator.Mix{{Value: status, Weight: 1}}
			s, _ := run(t, cfg)
			id, _ := createJob(t, s)
			if got := await(t, notified); !strings.Contains(got, "status="+string(status)) {
				t.Errorf("notified of %s", got)
			}
			if job, err := s.Cloud().Job(id); err != nil || job.StoredRecordCount != rows {
				t.Errorf("got %+v, %v, want %d rows", job, err, rows)
			}
		})
	}
}

func TestStopSaysWhatIsUnended(t *testing.T) {
	t.Parallel()
	cfg := config()
	cfg.JobTime = time.Hour
	s, stop := run(t, cfg)
	id, _ := createJob(t, s)
	if job, err := s.Cloud().Job(id); err != nil || job.Status != webhook.WaitingToBeScheduled || job.StoredRecordCount != 0 {
		t.Errorf("a fresh job is %+v, %v", job, err)
	}
	stop()
	if s.Unended() != 1 {
		t.Errorf("%d jobs are unended, want 1", s.Unended())
	}
}

// TestADeletedJobIsLeftAlone awaits a later job's end, which comes after what
// would have been the deleted one's.
func TestADeletedJobIsLeftAlone(t *testing.T) {
	t.Parallel()
	cfg := config()
	url, notified := endpoint(t, http.StatusNoContent)
	cfg.Endpoints = []string{url}
	cfg.OnError = func(err error) { t.Errorf("told of %v", err) }
	s, _ := run(t, cfg)
	deleted, sitemap := createJob(t, s)
	if err := s.Cloud().DeleteJob(deleted); err != nil {
		t.Fatal(err)
	}
	var later struct{ ID int64 }
	call(t, s, "POST", "scraping-job", fmt.Sprintf(`{"sitemap_id":%d,"driver":"fast","page_load_delay":0,"request_interval":0}`, sitemap), &later)
	// A slow machine may end the first job before it is deleted.
	for got := ""; !strings.Contains(got, fmt.Sprintf("scrapingjob_id=%d&", later.ID)); got = await(t, notified) {
		continue
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*simulator.Config){
		"no token":          func(c *simulator.Config) { c.Token = "" },
		"a negative time":   func(c *simulator.Config) { c.JobTime = -1 },
		"rows":              func(c *simulator.Config) { c.Rows = -1 },
		"an endpoint":       func(c *simulator.Config) { c.Endpoints = []string{"localhost"} },
		"every interface":   func(c *simulator.Config) { c.Listen = ":0" },
		"another machine":   func(c *simulator.Config) { c.Listen = "192.0.2.1:80" },
		"no address":        func(c *simulator.Config) { c.Listen = "8085" },
		"no end":            func(c *simulator.Config) { c.EndStatuses = simulator.Mix{{Value: webhook.Started, Weight: 1}} },
		"no weight":         func(c *simulator.Config) { c.EndStatuses = simulator.Mix{{Value: webhook.Failed}} },
		"an endpoint twice": func(c *simulator.Config) { c.Endpoints = []string{"http://a.example/", "http://a.example/"} },
		"shelved in 2022": func(c *simulator.Config) {
			c.Profile, c.EndStatuses = webhook.Profile2022(), simulator.Mix{{Value: webhook.Shelved, Weight: 1}}
		},
		"a profile unlimited": func(c *simulator.Config) { c.Profile = webhook.Profile{Name: "mine"} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config()
			change(&cfg)
			s, err := simulator.New(t.Context(), cfg)
			if err == nil {
				_ = s.Close()
				t.Fatal("it was accepted")
			}
			if errors.Is(err, simulator.ErrListen) {
				t.Errorf("got %v, want it refused before", err)
			}
		})
	}
}

func TestAddressInUse(t *testing.T) {
	t.Parallel()
	cfg := config()
	s, err := simulator.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	cfg.Listen = strings.TrimSuffix(strings.TrimPrefix(s.BaseURL(), "http://"), "/api/v1/")
	if _, err := simulator.New(t.Context(), cfg); !errors.Is(err, simulator.ErrListen) {
		t.Errorf("got %v, want ErrListen", err)
	}
}
