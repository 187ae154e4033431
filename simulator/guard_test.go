package simulator_test

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/scrapehook/scrapehook/simulator"
)

// TestForeignPagesAreRefused: neither a page of another origin nor one whose
// name was resolved to the cloud reads or changes anything, on any face.
func TestForeignPagesAreRefused(t *testing.T) {
	t.Parallel()
	url, notified := endpoint(t, http.StatusNoContent)
	var told atomic.Int32
	cfg := simulator.Config{Endpoints: []string{url}, OnError: func(error) { told.Add(1) }}
	c := simulator.Start(t, cfg)
	calls := []struct{ name, method, url, body string }{
		{"reading jobs", "GET", c.URL() + "scraping-jobs?api_token=" + c.Token(), ""},
		{"creating a sitemap", "POST", c.URL() + "sitemap?api_token=" + c.Token(), `{"_id":"x","startUrl":["https://example.com"],"selectors":[]}`},
		{"reading the state", "GET", c.ControlURL() + "state", ""},
		{"a test notification", "POST", c.ControlURL() + "test-notification", "{}"},
		{"changing endpoints", "PUT", c.ControlURL() + "endpoints", `{"endpoints":[]}`},
		{"resetting", "POST", c.ControlURL() + "reset", ""},
	}
	pages := map[string]func(*http.Request){
		"another origin": func(r *http.Request) {
			r.Header.Set("Origin", "https://evil.example")
			r.Header.Set("Sec-Fetch-Site", "cross-site")
		},
		"another port":   func(r *http.Request) { r.Header.Set("Origin", "http://localhost:3000") },
		"a rebound name": func(r *http.Request) { r.Host = "evil.example"; r.Header.Set("Sec-Fetch-Site", "same-origin") },
	}
	for page, disguise := range pages {
		for _, tc := range calls {
			req, err := http.NewRequestWithContext(t.Context(), tc.method, tc.url, strings.NewReader(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			disguise(req)
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if resp.StatusCode != http.StatusForbidden || !strings.Contains(string(body), `"error":`) || resp.Header.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s from %s: %d %s", tc.name, page, resp.StatusCode, body)
			}
		}
	}
	if len(notified) != 0 {
		t.Error("a test notification was sent")
	}
	if told.Load() == 0 {
		t.Error("nobody is told of a refused call of the vendor's API")
	}
	c.FinishJob(0, 1) // the endpoint is as it was
	await(t, notified)
}
