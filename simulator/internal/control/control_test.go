package control_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

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
		{"GET", "deliveries?job=x", "", 400}, {"GET", "deliveries?limit=0", "", 400}, {"POST", "deliveries/5/resend", "", 404},
		{"GET", "deliveries/5", "", 404}, {"POST", "deliveries/5/send", "", 404}, {"GET", "deliveries?color=x", "", 400}, {"GET", "deliveries?outcome=nice", "", 400},
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
