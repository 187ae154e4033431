package api_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scrapehook/scrapehook/internal/api"
	"github.com/scrapehook/scrapehook/internal/clock"
	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/webhook"
)

const token = "s3cret"

// world is a cloud with known objects behind an API over HTTP.
type world struct {
	*cloud.Cloud
	t   *testing.T
	url string // ends in api.Path
}

// sitemapBody has what an encoder would change: order, slashes, HTML.
const sitemapBody = `{"startUrl":["https://a.example/x?a=1&b=<2>"],"_id":"my-sitemap","selectors":[{"id":"name","type":"SelectorText"}]}`

func newWorld(t *testing.T, cfg api.Config) *world {
	t.Helper()
	return newWorldOf(t, cloud.Config{}, cfg)
}

func newWorldOf(t *testing.T, kind cloud.Config, cfg api.Config) *world {
	t.Helper()
	stands, err := clock.New(clock.State{Base: time.Unix(1_580_256_000, 0), Scale: 1, Paused: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	kind.Seed, kind.Clock = 1, stands
	c, err := cloud.New(kind)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Cloud, cfg.Token = c, token
	handler, err := api.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return &world{c, t, server.URL + api.Path}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// addSitemap adds sitemapBody.
func (w *world) addSitemap() int64 {
	w.t.Helper()
	s, err := w.AddSitemap("", sitemapBody)
	w.must(err)
	return s.ID
}

// finish adds a job that has finished.
func (w *world) finish(spec cloud.JobSpec, rows int) {
	w.t.Helper()
	job, err := w.AddJob(spec)
	w.must(err)
	w.must(w.Start(job.ID))
	w.must(w.End(job.ID, webhook.Finished, rows))
}

// plain is a client that does not ask for gzip.
var plain = &http.Client{Transport: &http.Transport{DisableCompression: true}}

type answer struct {
	status int
	header http.Header
	length int64
	body   string
}

// call performs one call; path may have a query of its own.
func (w *world) call(method, path, body string) answer {
	w.t.Helper()
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	return w.callURL(method, w.url+path+separator+"api_token="+token, body)
}

func (w *world) callURL(method, url, body string) answer {
	w.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, url, strings.NewReader(body))
	w.must(err)
	resp, err := plain.Do(req)
	w.must(err)
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	w.must(err)
	return answer{resp.StatusCode, resp.Header, resp.ContentLength, string(got)}
}

// TestEndpoints walks the contract's table. {S} stands for the id of the sitemap
// that is there and {N} for the id that a creation answers.
func TestEndpoints(t *testing.T) {
	t.Parallel()
	const ok = `{"success":true,"data":"ok"}`
	const emptyPage = `{"success":true,"data":[],"current_page":1,"last_page":1,"total":0,"per_page":100}`
	const job7 = `{"id":7,"custom_id":null,"sitemap_name":"my-sitemap","status":"waiting-to-be-scheduled","sitemap_id":{S},` +
		`"test_run":0,"jobs_scheduled":0,"jobs_executed":0,"jobs_failed":0,"jobs_empty":0,"jobs_no_value":0,"stored_record_count":0,` +
		`"request_interval":0,"page_load_delay":0,"driver":"fast","scheduled":0,"time_created":1580256000,"scraping_duration":0}`
	const job8 = `{"id":8,"custom_id":"mine/8","sitemap_name":"my-sitemap","status":"finished","sitemap_id":{S},` +
		`"test_run":1,"jobs_scheduled":2,"jobs_executed":2,"jobs_failed":0,"jobs_empty":0,"jobs_no_value":0,"stored_record_count":21,` +
		`"request_interval":2000,"page_load_delay":500,"driver":"fulljs","scheduled":0,"time_created":1580256000,"scraping_duration":1}`
	const defaultPlan = `{"success":true,"data":{"scheduler_enabled":false,"cron_minute":"0","cron_hour":"0","cron_day":"*","cron_month":"*",` +
		`"cron_weekday":"*","cron_timezone":"UTC","request_interval":2000,"page_load_delay":2000,"driver":"fast","proxy":0}}`
	const quality8 = `{"success":true,"data":{"min_record_count":{"got":21,"expected":1,"success":true},` +
		`"max_failed_pages_percent":{"got":0,"expected":5,"success":true},"max_empty_pages_percent":{"got":0,"expected":5,"success":true},` +
		`"max_no_value_pages_percent":{"got":0,"expected":5,"success":true},"min_column_records":{"name":{"got":100,"expected":80,"success":true}},` +
		`"overall_data_quality_success":true}}`
	const newJob = `{"sitemap_id":{S},"driver":"fulljs","page_load_delay":0,"request_interval":2000`
	for _, tc := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "account", "", 200, `{"success":true,"data":{"email":"developer@scrapehook.example","firstname":"Ada","lastname":"Developer","page_credits":1000000}}`},
		{"POST", "sitemap", sitemapBody, 200, `{"success":true,"data":{"id":{N}}}`},
		{"POST", "sitemap", `{"_id":"a shop","startUrl":"x","selectors":[]}`, 422, `{"success":false,"validationErrors":{` +
			`"sitemap_object._id":["The sitemap_object._id \"a shop\" is not a sitemap name: use 3 to 100 of a-z, A-Z, 0-9, _, (, ), + and -."],` +
			`"sitemap_object.startUrl":["The sitemap_object.startUrl.0 is not a URL: \"x\"."]}}`},
		{"POST", "sitemap", "", 422, `{"success":false,"validationErrors":{"sitemap_object":["The sitemap object must be a JSON object."]}}`},
		{"POST", "sitemap", "{", 422, `{"success":false,"validationErrors":{"sitemap_object":["The sitemap object is not valid JSON: line 1, column 2: unexpected end of JSON input."]}}`},
		{"GET", "sitemap/{S}", "", 200, `{"success":true,"data":{"id":{S},"name":"my-sitemap","sitemap":` +
			`"{\"startUrl\":[\"https://a.example/x?a=1&b=<2>\"],\"_id\":\"my-sitemap\",\"selectors\":[{\"id\":\"name\",\"type\":\"SelectorText\"}]}"}}`},
		{"GET", "sitemap/5", "", 404, notFound},
		{"DELETE", "sitemap/{S}", "", 200, ok},
		{"DELETE", "sitemap/5", "", 404, notFound},
		{"PUT", "sitemap/{S}", `{"selectors":[],"startUrl":"https:\/\/a.example","_id":"renamed"}`, 200, ok},
		{"PUT", "sitemap/{S}", `{"_id":"renamed","startUrl":["https://a.example/[1-10001]"],"selectors":[{"id":"a"}]}`, 422, `{"success":false,"validationErrors":{` +
			`"sitemap_object.selectors.0.type":["The sitemap_object.selectors.0.type field is required."],"sitemap_object.startUrl":["The sitemap_object.startUrl has more than 10000 start URLs."]}}`},
		{"PUT", "sitemap/5", "", 404, notFound},
		{"GET", "sitemap/{S}/scheduler", "", 200, defaultPlan},
		{"GET", "sitemap/5/scheduler", "", 404, notFound},
		{"POST", "sitemap/{S}/enable-scheduler", plan, 200, ok},
		{"POST", "sitemap/5/enable-scheduler", plan, 404, notFound},
		{"POST", "sitemap/{S}/enable-scheduler", "1", 422, `{"success":false,"validationErrors":{"scheduler":["The scheduler must be a JSON object."]}}`},
		{"POST", "sitemap/{S}/enable-scheduler", `{"cron_minute":"61","cron_hour":"a","cron_day":"","cron_month":13,"cron_timezone":"Nowhere","driver":"slow","proxy":{}}`, 422,
			`{"success":false,"validationErrors":{"cron_day":["The cron day field is required."],` +
				`"cron_hour":["The cron hour format is invalid."],"cron_minute":["The cron minute format is invalid."],` +
				`"cron_month":["The cron month format is invalid."],"cron_timezone":["The cron timezone must be a valid timezone."],` +
				`"cron_weekday":["The cron weekday field is required."],"driver":["The selected driver is invalid."],` +
				`"page_load_delay":["The page load delay field is required."],"proxy":["The proxy must be an integer or a name."],` +
				`"request_interval":["The request interval field is required."]}}`},
		{"POST", "sitemap/{S}/enable-scheduler", strings.Replace(plan, `"1-5"`, `"7"`, 1), 200, ok},
		{"POST", "sitemap/{S}/enable-scheduler", strings.NewReplacer(`"1-5"`, `"TZ=UTC 5"`, `"*/10"`, `"*/61"`).Replace(plan), 422,
			`{"success":false,"validationErrors":{"cron_minute":["The cron minute format is invalid."],"cron_weekday":["The cron weekday format is invalid."]}}`},
		{"POST", "sitemap/{S}/disable-scheduler", "", 200, ok},
		{"POST", "sitemap/5/disable-scheduler", "", 404, notFound},
		{"GET", "sitemap/{S}/enable-scheduler", "", 405, notAllowed},
		{"GET", "sitemap", "", 405, notAllowed},
		{"PATCH", "sitemap/{S}", "", 405, notAllowed},
		{"GET", "sitemaps", "", 200, `{"success":true,"data":[{"id":{S},"name":"my-sitemap"}],"current_page":1,"last_page":1,"total":1,"per_page":100}`},
		{"GET", "sitemaps?page=2", "", 200, `{"success":true,"data":[],"current_page":2,"last_page":1,"total":1,"per_page":100}`},
		{"GET", "sitemaps?page=x", "", 200, `{"success":true,"data":[{"id":{S},"name":"my-sitemap"}],"current_page":1,"last_page":1,"total":1,"per_page":100}`},
		{"GET", "sitemaps?tag=t", "", 200, emptyPage},
		{"GET", "sitemaps?tag=shops", "", 200, `{"success":true,"data":[{"id":{S},"name":"my-sitemap"}],"current_page":1,"last_page":1,"total":1,"per_page":100}`},
		{"POST", "scraping-job", newJob + `}`, 200, `{"success":true,"data":{"id":{N},"custom_id":null}}`},
		{"POST", "scraping-job", newJob + `,"custom_id":"c","proxy":"de","start_urls":["https://b.example/"]}`, 200, `{"success":true,"data":{"id":{N},"custom_id":"c"}}`},
		{"POST", "scraping-job", newJob + `,"custom_id":null,"proxy":1}`, 200, `{"success":true,"data":{"id":{N},"custom_id":null}}`},
		{"POST", "scraping-job", `{"sitemap_id":5,"driver":"fast","page_load_delay":1,"request_interval":1}`, 422,
			`{"success":false,"validationErrors":{"sitemap_id":["The selected sitemap id is invalid."]}}`},
		{"POST", "scraping-job", `{"sitemap_id":"x","driver":"slow","page_load_delay":-1,"custom_id":1,"proxy":[],"start_urls":"u"}`, 422,
			`{"success":false,"validationErrors":{"custom_id":["The custom id must be a string."],"driver":["The selected driver is invalid."],` +
				`"page_load_delay":["The page load delay must be at least 0."],"proxy":["The proxy must be an integer or a name."],` +
				`"request_interval":["The request interval field is required."],"sitemap_id":["The sitemap id must be an integer."],` +
				`"start_urls":["The start urls must be an array."]}}`},
		{"POST", "scraping-job", `{"sitemap_id":" {S} ","driver":"fast","page_load_delay":"0","request_interval":1,"custom_id":"","proxy":"","start_urls":null}`, 200,
			`{"success":true,"data":{"id":{N},"custom_id":null}}`},
		{"POST", "scraping-job", `{"sitemap_id":"","driver":["fast"],"page_load_delay":1.5,"request_interval":3000000000,"start_urls":["https://a.example/","",null,7]}`, 422,
			`{"success":false,"validationErrors":{"driver":["The selected driver is invalid."],"page_load_delay":["The page load delay must be an integer."],` +
				`"request_interval":["The request interval may not be greater than 2147483647."],"sitemap_id":["The sitemap id field is required."],` +
				`"start_urls.1":["The start urls.1 field is required."],"start_urls.2":["The start urls.2 field is required."],"start_urls.3":["The start urls.3 must be a string."]}}`},
		{"POST", "scraping-job", "[]", 422, `{"success":false,"validationErrors":{"scraping_job":["The scraping job must be a JSON object."]}}`},
		{"GET", "scraping-job", "", 405, notAllowed},
		{"GET", "scraping-job/7", "", 200, `{"success":true,"data":` + job7 + `}`},
		{"GET", "scraping-job/8", "", 200, `{"success":true,"data":` + job8 + `}`},
		{"GET", "scraping-job/9", "", 404, notFound},
		{"GET", "scraping-job/99999999999999999999", "", 404, notFound},
		{"GET", "scraping-job/x", "", 404, notFound},
		{"GET", "scraping-jobs", "", 200, `{"success":true,"data":[` + job7 + `,` + job8 + `],"current_page":1,"last_page":1,"total":2,"per_page":100}`},
		{"GET", "scraping-jobs?sitemap_id={S}&page=3", "", 200, `{"success":true,"data":[],"current_page":3,"last_page":1,"total":2,"per_page":100}`},
		{"GET", "scraping-jobs?sitemap_id=5", "", 200, emptyPage},
		{"GET", "scraping-jobs?sitemap_id=x", "", 422, `{"success":false,"validationErrors":{"sitemap_id":["The sitemap id must be an integer."]}}`},
		{"GET", "scraping-jobs?tag=t", "", 200, emptyPage},
		{"GET", "scraping-jobs?tag=shops", "", 200, `{"success":true,"data":[` + job7 + `,` + job8 + `],"current_page":1,"last_page":1,"total":2,"per_page":100}`},
		{"DELETE", "scraping-job/8", "", 200, ok},
		{"DELETE", "scraping-job/9", "", 404, notFound},
		{"GET", "scraping-job/7/json", "", 200, ""},
		{"GET", "scraping-job/9/json", "", 404, notFound},
		{"PUT", "scraping-job/8/json", "", 405, notAllowed},
		{"GET", "scraping-job/9/csv", "", 404, notFound},
		{"GET", "scraping-job/9/xlsx", "", 404, notFound},
		{"GET", "scraping-job/7/problematic-urls", "", 200, emptyPage},
		{"GET", "scraping-job/8/problematic-urls", "", 200, emptyPage},
		{"GET", "scraping-job/9/problematic-urls", "", 404, notFound},
		{"GET", "scraping-job/7/data-quality", "", 422, `{"success":false,"validationErrors":{"scraping_job_id":["Data quality check not available yet, scraping job not finished"]}}`},
		{"GET", "scraping-job/8/data-quality", "", 200, quality8},
		{"GET", "scraping-job/9/data-quality", "", 404, notFound},
		{"GET", "", "", 404, notFound},
		{"GET", "no-such-thing", "", 404, notFound},
		{"GET", "sitemaps/", "", 404, notFound},
		{"GET", "/sitemaps", "", 404, notFound},
	} {
		t.Run(tc.method+" "+tc.path, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, api.Config{})
			sitemap := w.addSitemap()
			w.must(w.TagSitemap(sitemap, []string{"shops"}))
			_, err := w.AddJob(cloud.JobSpec{ID: 7, SitemapID: sitemap})
			w.must(err)
			w.finish(cloud.JobSpec{
				ID: 8, SitemapID: sitemap, CustomID: "mine/8", TestRun: true,
				Driver: "fulljs", RequestInterval: 2000, PageLoadDelay: 500,
			}, 21)
			known := strings.NewReplacer("{S}", fmt.Sprint(sitemap)).Replace

			got := w.call(tc.method, known(tc.path), known(tc.body))
			want := known(tc.want)
			if strings.Contains(want, "{N}") {
				want = strings.ReplaceAll(want, "{N}", newID(got.body))
			}
			if got.status != tc.status || got.body != want {
				t.Errorf("got  %d %s\nwant %d %s", got.status, got.body, tc.status, want)
			}
			if kind := got.header.Get("Content-Type"); kind != "application/json" {
				t.Errorf("the answer is %s", kind)
			}
			if got.length != int64(len(got.body)) {
				t.Errorf("%d bytes declared, %d sent", got.length, len(got.body))
			}
		})
	}
}

const (
	notFound     = `{"success":false,"error":"Not Found"}`
	notAllowed   = `{"success":false,"error":"Method Not Allowed"}`
	unauthorized = `{"success":false,"error":"Unauthorized"}`
)

// plan is a whole scheduler configuration.
const plan = `{"cron_minute":"*/10","cron_hour":7,"cron_day":"*","cron_month":"*","cron_weekday":"1-5","cron_timezone":"Europe/Riga",` +
	`"request_interval":1000,"page_load_delay":0,"driver":"fulljs","proxy":"de"}`

// newID is the id in the answer to a creation.
func newID(body string) string {
	_, rest, _ := strings.Cut(body, `"id":`)
	return rest[:strings.IndexAny(rest+"}", ",}")]
}

func TestAuthentication(t *testing.T) {
	t.Parallel()
	w := newWorld(t, api.Config{})
	for _, tc := range []struct {
		name, method, path string
		status             int
		want               string
	}{
		{"no token", "GET", "account", 401, unauthorized},
		{"an empty token", "GET", "account?api_token=", 401, unauthorized},
		{"a wrong token", "GET", "account?api_token=s3cres", 401, unauthorized},
		{"a longer token", "GET", "account?api_token=s3cret2", 401, unauthorized},
		{"a job that is not there", "GET", "scraping-job/9", 401, unauthorized},
		{"a download", "GET", "scraping-job/9/json", 401, unauthorized},
		{"HEAD without a token is 401", "HEAD", "account", 401, ""},
		{"OPTIONS is a method that is not allowed", "OPTIONS", "account", 405, notAllowed},
		{"OPTIONS of no route", "OPTIONS", "nothing", 404, notFound},
		{"HEAD where there is no GET", "HEAD", "sitemap", 405, ""},
		{"405 before 401, sitemap", "GET", "sitemap", 405, notAllowed},
		{"405 before 401, scraping-job", "GET", "scraping-job", 405, notAllowed},
		{"no such route", "GET", "nothing", 404, notFound},
	} {
		if got := w.callURL(tc.method, w.url+tc.path, ""); got.status != tc.status || got.body != tc.want {
			t.Errorf("%s: got %d %s, want %d %s", tc.name, got.status, got.body, tc.status, tc.want)
		}
	}
	if got := w.call("PUT", "scraping-job/5", "").header.Get("Allow"); got != "DELETE, GET, HEAD" {
		t.Errorf("Allow is %q", got)
	}
}

// TestARefusalIsForgotten: what one call is refused for is no other's matter.
func TestARefusalIsForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t, api.Config{})
	if got := w.callURL("GET", w.url+"account", ""); got.status != 401 {
		t.Errorf("without the token: %d", got.status)
	}
	if got := w.call("GET", "account", ""); got.status != 200 {
		t.Errorf("with the token, after a call without it: %d", got.status)
	}
}

func TestSchedulerIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, api.Config{})
	id := w.addSitemap()
	path := fmt.Sprintf("sitemap/%d/", id)
	w.call("POST", path+"enable-scheduler", plan)
	want := `{"success":true,"data":{"scheduler_enabled":true,"cron_minute":"*/10","cron_hour":"7","cron_day":"*","cron_month":"*","cron_weekday":"1-5",` +
		`"cron_timezone":"Europe/Riga","request_interval":1000,"page_load_delay":0,"driver":"fulljs","proxy":"de"}}`
	if got := w.call("GET", path+"scheduler", "").body; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	w.call("POST", path+"disable-scheduler", "")
	if got := w.call("GET", path+"scheduler", "").body; got != strings.Replace(want, "true,\"cron", "false,\"cron", 1) {
		t.Errorf("disabled, it reads %s", got)
	}
}

func TestProblematicURLsArePaged(t *testing.T) {
	t.Parallel()
	w := newWorld(t, api.Config{})
	job, err := w.AddJob(cloud.JobSpec{SitemapID: w.addSitemap()})
	w.must(err)
	w.must(w.Start(job.ID))
	_, err = w.Conclude(job.ID, cloud.Ending{Status: webhook.Failed, FailedPages: 101, EmptyPages: 20})
	w.must(err)
	for page, want := range map[int]string{
		1: `{"url":"https://a.example/x?a=1&b=<2>&page=2","type":"failed"}`,
		2: `{"url":"https://a.example/x?a=1&b=<2>&page=103","type":"empty"}`,
	} {
		got := w.call("GET", fmt.Sprintf("scraping-job/%d/problematic-urls?page=%d", job.ID, page), "").body
		if !strings.Contains(got, want) || !strings.Contains(got, `"last_page":2,"total":121,"per_page":100`) {
			t.Errorf("page %d is %s", page, got)
		}
	}
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, api.Config{RateLimit: api.RateLimit{Calls: 2, Per: time.Hour}})
	for _, left := range []string{"1", "0"} {
		got := w.call("GET", "account", "")
		if got.status != 200 || got.header.Get("X-RateLimit-Limit") != "2" || got.header.Get("X-RateLimit-Remaining") != left {
			t.Errorf("got %d with %v, want %s left", got.status, got.header, left)
		}
	}
	got := w.call("GET", "account", "")
	if got.status != 429 || got.body != `{"success":false,"error":"Too Many Attempts."}` || got.header.Get("X-RateLimit-Remaining") != "0" {
		t.Errorf("the third call: %d %s %v", got.status, got.body, got.header)
	}
	retry, err := strconv.Atoi(got.header.Get("Retry-After"))
	reset, errReset := strconv.ParseInt(got.header.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil || errReset != nil || retry < 1 || retry > 3600 || time.Until(time.Unix(reset, 0)) > time.Hour+time.Second {
		t.Errorf("retry after %d, reset at %d", retry, reset)
	}
	if got := w.callURL("GET", w.url+"account", ""); got.status != 401 {
		t.Errorf("a stranger is answered %d, want 401: the limit is the user's", got.status)
	}
}

func TestRateLimitStretches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, err := cloud.New(cloud.Config{})
		if err != nil {
			t.Fatal(err)
		}
		limit, err := api.ParseRateLimit("200/15m")
		if err != nil {
			t.Fatal(err)
		}
		handler, err := api.New(api.Config{Cloud: c, Token: token, RateLimit: limit})
		if err != nil {
			t.Fatal(err)
		}
		call := func() *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", api.Path+"account?api_token="+token, nil))
			return w
		}
		for range 200 {
			call()
		}
		time.Sleep(15*time.Minute - 1500*time.Millisecond)
		if w := call(); w.Code != 429 || w.Header().Get("Retry-After") != "2" {
			t.Errorf("just before the end: %d, retry after %s", w.Code, w.Header().Get("Retry-After"))
		}
		time.Sleep(2 * time.Second)
		if w := call(); w.Code != 200 || !strings.Contains(fmt.Sprint(w.Header()), "X-RateLimit-Remaining:[199]") {
			t.Errorf("after the end: %d, %v", w.Code, w.Header())
		}
	})
}

func TestParseRateLimit(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "200", "200/", "0/1m", "-1/1m", "200/1ms", "x/1m"} {
		if limit, err := api.ParseRateLimit(text); err == nil {
			t.Errorf("%q became %+v", text, limit)
		}
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, api.Config{})
	sitemap := w.addSitemap()
	for i := range int64(250) {
		_, err := w.AddJob(cloud.JobSpec{ID: 1000 + i, SitemapID: sitemap})
		w.must(err)
	}
	for number, want := range map[int]int{1: 100, 2: 100, 3: 50, 4: 0, 1 << 40: 100} {
		got := w.call("GET", fmt.Sprintf("scraping-jobs?page=%d", number), "").body
		if n := strings.Count(got, `"custom_id"`); n != want {
			t.Errorf("page %d has %d jobs, want %d", number, n, want)
		}
		if !strings.Contains(got, `"last_page":3,"total":250,"per_page":100}`) {
			t.Errorf("page %d ends in %s", number, got[max(0, len(got)-80):])
		}
	}
}

func TestTooLargeBody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, api.Config{})
	got := w.call("POST", "sitemap", strings.Repeat(" ", 17<<20))
	if got.status != 413 || got.body != `{"success":false,"error":"Payload Too Large"}` {
		t.Errorf("got %d %s", got.status, got.body)
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	c, err := cloud.New(cloud.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, cfg := range []api.Config{{Cloud: c}, {Token: token}} {
		if _, err := api.New(cfg); err == nil {
			t.Errorf("%+v was accepted", cfg)
		}
	}
}
