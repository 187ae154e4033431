package cloudclient_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scrapehook/scrapehook/receiver/cloudclient"
	"github.com/scrapehook/scrapehook/webhook"
)

// secret needs escaping in a URL, so that neither form of it may leak.
const secret = "s3cret/t+ken"

// roundTrip answers requests without a network.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func newClient(t *testing.T, f roundTrip) *cloudclient.Client {
	t.Helper()
	c, err := cloudclient.New(cloudclient.Config{BaseURL: "http://cloud.test/api/v1", Token: secret, Transport: f})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func answer(code int, body string, header ...string) roundTrip {
	return func(*http.Request) (*http.Response, error) {
		h := http.Header{}
		for i := 0; i < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &http.Response{StatusCode: code, Header: h, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

func asError(t *testing.T, err error) *cloudclient.Error {
	t.Helper()
	var e *cloudclient.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v of type %T", err, err)
	}
	if strings.Contains(err.Error(), "s3cret") {
		t.Errorf("the token is in %q", err)
	}
	return e
}

func TestJob(t *testing.T) {
	t.Parallel()
	c := newClient(t, func(r *http.Request) (*http.Response, error) {
		if r.Method != http.MethodGet || r.URL.Path != "/api/v1/scraping-job/7" || r.URL.Query().Get("api_token") != secret {
			t.Errorf("asked %s %s", r.Method, r.URL)
		}
		return answer(200, `{"success":true,"data":{"id":7,"custom_id":null,"sitemap_name":"s","status":"shelved",
			"sitemap_id":9007199254740993,"test_run":0,"jobs_scheduled":6,"jobs_executed":5,"jobs_failed":4,"jobs_empty":3,
			"jobs_no_value":2,"stored_record_count":250,"request_interval":2000,"page_load_delay":2000,"driver":"fast",
			"scheduled":0,"time_created":1580000000,"scraping_duration":60}}`)(r)
	})
	got, err := c.Job(t.Context(), 7)
	want := cloudclient.Job{
		ID: 7, SitemapID: 9007199254740993, SitemapName: "s", Status: webhook.Shelved, JobsScheduled: 6,
		JobsExecuted: 5, JobsFailed: 4, JobsEmpty: 3, JobsNoValue: 2, StoredRecordCount: 250,
		TimeCreated: 1580000000, ScrapingDuration: 60,
	}
	if err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name                           string
		answer                         roundTrip
		status                         int
		missing, unauthorized, limited bool
		says                           string
	}{
		{"missing", answer(404, `{"success":false,"error":"no such job"}`), 404, true, false, false, "404 Not Found: no such job"},
		{"404 of something else", answer(404, "<html>\n<body>"), 404, false, false, false, "<html>"},
		{"404 with other JSON", answer(404, `{"message":"no route"}`), 404, false, false, false, "no route"},
		{"wrong token", answer(401, `{"success":false,"error":"bad token `+secret+`"}`), 401, false, true, false, "bad token [token]"},
		{"rate limit", answer(429, `{"success":false,"error":"slow down"}`), 429, false, false, true, "slow down"},
		{"validation", answer(422, `{"success":false,"validationErrors":{"b":["y"],"a":["x","z"]}}`), 422, false, false, false, "a: x, z; b: y"},
		{"no success in a 200", answer(200, `{"success":false,"error":"oops"}`), 200, false, false, false, "oops"},
		{"201", answer(201, `{"success":true,"data":{"id":7}}`), 201, false, false, false, "201 Created"},
		{"redirect", answer(302, "", "Location", "http://cloud.test/login"), 302, false, false, false, "302 Found"},
		{"HTML in a 200", answer(200, "<html>"), 200, false, false, false, "decoding the answer"},
		{"another job", answer(200, `{"success":true,"data":{"id":8}}`), 200, false, false, false, "about job 8"},
		{"a long body", answer(500, strings.Repeat("ü", 10_000)), 500, false, false, false, "üüü"},
		{"no connection", func(*http.Request) (*http.Response, error) {
			return nil, errors.New("connection refused")
		}, 0, false, false, false, "GET scraping-job/7: connection refused"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := newClient(t, tc.answer).Job(t.Context(), 7)
			e := asError(t, err)
			if e.Status != tc.status || e.Missing() != tc.missing || e.Unauthorized() != tc.unauthorized || e.RateLimited() != tc.limited {
				t.Errorf("error %+v", e)
			}
			if !strings.Contains(err.Error(), tc.says) || len(err.Error()) > 400 {
				t.Errorf("error %q, want one that says %q", err, tc.says)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for value, want := range map[string]time.Duration{
			"":         0,
			"3":        3 * time.Second,
			"-3":       0,
			"1.5":      0,
			"tomorrow": 0,
			time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat): 90 * time.Second,
			time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat):       0,
		} {
			_, err := newClient(t, answer(429, "", "Retry-After", value)).Download(t.Context(), 7)
			if e := asError(t, err); e.RetryAfter != want {
				t.Errorf("%q is %v, want %v", value, e.RetryAfter, want)
			}
		}
	})
}

func TestDelete(t *testing.T) {
	t.Parallel()
	c := newClient(t, func(r *http.Request) (*http.Response, error) {
		if r.Method != http.MethodDelete || r.URL.Path != "/api/v1/scraping-job/7" {
			t.Errorf("asked %s %s", r.Method, r.URL.Path)
		}
		return answer(200, `{"success":true,"data":"ok"}`)(r)
	})
	if err := c.Delete(t.Context(), 7); err != nil {
		t.Error(err)
	}
}

func TestCallTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		_, err := newClient(t, func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}).Job(t.Context(), 7)
		if e := asError(t, err); !errors.Is(e, context.DeadlineExceeded) || time.Since(begun) != cloudclient.DefaultCallTimeout {
			t.Errorf("error %v after %v", err, time.Since(begun))
		}
	})
}

// dribble yields one row of a size at each pause, and ends with err.
type dribble struct {
	ctx    context.Context //nolint:containedctx // the request's
	pauses []time.Duration
	err    error
	size   int
}

func (d *dribble) Read(p []byte) (int, error) {
	if len(d.pauses) == 0 {
		return 0, d.err
	}
	select {
	case <-time.After(d.pauses[0]):
	case <-d.ctx.Done():
		return 0, d.ctx.Err()
	}
	d.pauses = d.pauses[1:]
	return copy(p, strings.Repeat(" ", d.size-1)+"\n"), nil
}

func (d *dribble) Close() error { return nil }

// A download may take as long as it needs, unless nothing arrives or too little.
func TestDownload(t *testing.T) {
	t.Parallel()
	const idle = cloudclient.DefaultIdleTimeout
	for _, tc := range []struct {
		name   string
		pauses []time.Duration
		err    error
		size   int
		rows   int
		fails  string
	}{
		{"at once", []time.Duration{0, 0}, io.EOF, 3, 2, ""},
		{"slow to begin", []time.Duration{idle - 1, 0}, io.EOF, 3, 2, ""},
		{"slow, not too slow", slices.Repeat([]time.Duration{time.Second}, 600), io.EOF, 1024, 600, ""},
		{"in large pieces", []time.Duration{0, idle - 1, idle - 1, idle - 1}, io.EOF, 64 << 10, 4, ""},
		{"dripping", slices.Repeat([]time.Duration{5 * time.Second}, 600), io.EOF, 1, 5, "too slow: 5 bytes in 20s, the least is 1024 a second"},
		{"a little too slow", slices.Repeat([]time.Duration{time.Second}, 600), io.EOF, 900, 21, "too slow"},
		{"stuck", []time.Duration{0, idle + 1}, io.EOF, 3, 1, "nothing arrived for 1m0s"},
		{"cut short", []time.Duration{0}, io.ErrUnexpectedEOF, 3, 1, "unexpected EOF"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				body, err := newClient(t, func(r *http.Request) (*http.Response, error) {
					return &http.Response{StatusCode: http.StatusOK, Body: &dribble{r.Context(), tc.pauses, tc.err, tc.size}}, nil
				}).Download(t.Context(), 7)
				if err != nil {
					t.Fatal(err)
				}
				defer body.Close()
				// The reader is busy between reads, which counts for nothing.
				time.Sleep(2 * idle)
				got, err := io.ReadAll(bufio.NewReaderSize(body, 64<<10))
				if len(got) != tc.size*tc.rows {
					t.Errorf("read %d bytes", len(got))
				}
				if (err != nil) != (tc.fails != "") {
					t.Fatalf("error %v", err)
				}
				if err != nil && !strings.Contains(asError(t, err).Error(), tc.fails) {
					t.Errorf("error %v, want %s", err, tc.fails)
				}
			})
		})
	}
}

func TestDownloadWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, err := newClient(t, func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, fmt.Errorf("round trip: %w", r.Context().Err())
		}).Download(t.Context(), 7)
		if e := asError(t, err); !strings.Contains(e.Error(), "nothing arrived") {
			t.Errorf("error %v", e)
		}
	})
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, cfg := range []cloudclient.Config{
		{BaseURL: "http://cloud.test/"},
		{BaseURL: "cloud.test/api/v1", Token: secret},
		{BaseURL: "ftp://cloud.test/", Token: secret},
		{BaseURL: "http:///api", Token: secret},
		{BaseURL: "http://cloud.test/?x=1", Token: secret},
		{BaseURL: "http://cloud.test:port/", Token: secret},
		{Token: secret, CallTimeout: -1},
	} {
		if _, err := cloudclient.New(cfg); err == nil {
			t.Errorf("%+v was accepted", cfg)
		}
	}
	if _, err := cloudclient.New(cloudclient.Config{Token: secret}); err != nil {
		t.Error(err)
	}
}
