package simulator

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// calls are where the search begins: each route of both APIs.
var calls = []struct{ method, path, body string }{
	{"POST", "_scrapehook/jobs", `{"sitemap_id":0,"rows":5,"takes":"1h"}`},
	{"POST", "_scrapehook/jobs", `{"id":-1,"rows":1000000000000}`},
	{"POST", "_scrapehook/jobs/5/end", `{"status":"failed","rows":3,"failed_pages":-1}`},
	{"POST", "_scrapehook/jobs/99999999999999999999/stop", ``},
	{"POST", "_scrapehook/jobs/5/continue", `null`},
	{"POST", "_scrapehook/sitemaps", `{"name":"a","tags":["b"]}`},
	{"PUT", "_scrapehook/sitemaps/5/tags", `{"tags":null}`},
	{"POST", "_scrapehook/seed", `{"sitemaps":2,"jobs":2,"rows":5,"status":"finished"}`},
	{"POST", "_scrapehook/clock", `{"advance":"1h","scale":2,"paused":true}`},
	{"POST", "_scrapehook/clock", `{"advance":"9999999h"}`},
	{"POST", "_scrapehook/faults", `{"kind":"server-error","nth":1}`},
	{"DELETE", "_scrapehook/faults/1", ``},
	{"PUT", "_scrapehook/endpoints", `{"endpoints":["http://127.0.0.1:1/"]}`},
	{"POST", "_scrapehook/deliveries/1/resend", `{}`},
	{"GET", "_scrapehook/deliveries?limit=-1&job=x", ``},
	{"GET", "_scrapehook/state", ``},
	{"POST", "api/v1/sitemap", `{"_id":"s","startUrl":["https://a.example/"],"selectors":[]}`},
	{"POST", "api/v1/scraping-job", `{"sitemap_id":"1","driver":"fast","page_load_delay":0,"request_interval":0}`},
	{"POST", "api/v1/sitemap/1/enable-scheduler", `{"cron_minute":"*","cron_timezone":"Europe/Riga"}`},
	{"GET", "api/v1/scraping-jobs?page=-1&sitemap_id=-5", ``},
	{"GET", "api/v1/scraping-job/-5", ``},
	{"GET", "api/v1/scraping-job/5/json", ``},
	{"DELETE", "api/v1/sitemap/0", ``},
	{"GET", "api/v1//../x", ``},
}

// FuzzCalls: whatever is asked of either API, the answer is not a failure of ours.
func FuzzCalls(f *testing.F) {
	s, err := New(f.Context(), Config{Token: "t", Seed: 1})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = s.Close() })
	s.running.Store(true)
	for _, c := range calls {
		f.Add(c.method, c.path, c.body)
	}
	f.Fuzz(func(t *testing.T, method, path, body string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
		target, query, _ := strings.Cut(path, "?")
		if !slices.Contains([]string{"GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"}, method) || strings.Contains(path, "test-notification") {
			return // a test notification goes where it is told
		}
		r.Method, r.Host = method, "127.0.0.1"
		r.URL.Path, r.URL.RawQuery = "/"+target, query
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer t")
		q := r.URL.Query()
		q.Set("api_token", "t")
		r.URL.RawQuery = q.Encode()
		w := httptest.NewRecorder()
		s.handler.ServeHTTP(w, r)
		if w.Code == http.StatusInternalServerError {
			t.Errorf("%s %s %q is answered %d %s", method, path, body, w.Code, w.Body)
		}
		if sitemaps, _ := s.cloud.Count(); sitemaps > 1000 {
			_ = s.reset()
		}
	})
}
