package api_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/api"
	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/webhook"
)

// rows are what a download of the job must be.
func (w *world) rows(id int64) string {
	var b bytes.Buffer
	for _, row := range w.Records(id) {
		b.Write(row)
		b.WriteByte('\n')
	}
	return b.String()
}

func TestDownload(t *testing.T) {
	t.Parallel()
	w := newWorld(t, api.Config{})
	sitemap := w.addSitemap()
	for id, rows := range []int{0, 1, 5000} {
		w.finish(cloud.JobSpec{ID: int64(id + 1), SitemapID: sitemap}, rows)
	}
	for id, path := range []string{"scraping-job/1/json", "scraping-job/2/json", "scraping-job/3/json"} {
		got := w.call("GET", path, "")
		if want := w.rows(int64(id + 1)); got.status != 200 || got.body != want {
			t.Errorf("%s: %d with %d bytes, want %d bytes", path, got.status, len(got.body), len(want))
		}
		wantLength := int64(-1)
		if got.body == "" {
			wantLength = 0
		}
		if got.length != wantLength {
			t.Errorf("%s declares %d bytes, want %d", path, got.length, wantLength)
		}
	}
}

// calls collects what the API tells; ended gives each call that ended.
type calls struct {
	begun, ended chan api.Call
}

func newCalls() *calls { return &calls{make(chan api.Call, 100), make(chan api.Call, 100)} }

func (c *calls) observe(call api.Call) {
	if call.Ended.IsZero() {
		c.begun <- call
		return
	}
	c.ended <- call
}

// await fails the test where it would hang for ever.
func await[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(time.Minute):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

func TestObserve(t *testing.T) {
	t.Parallel()
	seen := newCalls()
	w := newWorld(t, api.Config{Observe: seen.observe, Fault: func(c api.Call) fault.Fault {
		switch c.JobID {
		case 3:
			return fault.Fault{Kind: fault.Truncate, After: 10}
		case 4:
			return fault.Fault{Kind: fault.ServerError}
		}
		return fault.Fault{}
	}})
	sitemap := w.addSitemap()
	for id := range int64(4) {
		w.finish(cloud.JobSpec{ID: id + 1, SitemapID: sitemap}, 10)
	}
	size := int64(len(w.rows(1)))
	for i, tc := range []struct {
		method, path, query string
		want                api.Call
	}{
		{"GET", "scraping-job/1/json", "?api_token=" + token, api.Call{Route: "GET scraping-job/{id}/json", JobID: 1, Status: 200, Bytes: size, Complete: true}},
		{"DELETE", "scraping-job/2", "?api_token=" + token, api.Call{Route: "DELETE scraping-job/{id}", JobID: 2, Status: 200, Bytes: 28, Complete: true}},
		{"GET", "scraping-job/3/json", "?api_token=" + token, api.Call{Route: "GET scraping-job/{id}/json", JobID: 3, Status: 200, Bytes: 10}},
		{"GET", "scraping-job/4", "?api_token=" + token, api.Call{Route: "GET scraping-job/{id}", JobID: 4, Status: 500, Bytes: 40, Complete: true}},
		{"GET", "scraping-job/4/json", "", api.Call{Route: "GET scraping-job/{id}/json", JobID: 4, Status: 401, Bytes: 40, Complete: true}},
		{"GET", "sitemap/1", "?api_token=" + token, api.Call{Route: "GET sitemap/{id}", Status: 404, Bytes: 37, Complete: true}},
		{"PUT", "scraping-job/1", "", api.Call{JobID: 1, Status: 405, Bytes: 46, Complete: true}},
		{"GET", "nothing", "", api.Call{Status: 404, Bytes: 37, Complete: true}},
	} {
		req, err := http.NewRequestWithContext(t.Context(), tc.method, w.url+tc.path+tc.query, nil)
		w.must(err)
		req.Header.Set("User-Agent", "test/1")
		resp, err := plain.Do(req)
		w.must(err)
		_, _ = io.Copy(io.Discard, resp.Body)
		w.must(resp.Body.Close())

		want := tc.want
		want.Number, want.Method, want.Path, want.UserAgent = uint64(i)+1, tc.method, api.Path+tc.path, "test/1"
		begun, ended := await(t, seen.begun), await(t, seen.ended)
		if ended.Began != begun.Began || ended.Ended.Before(ended.Began) {
			t.Errorf("%s began at %v and %v, ended at %v", tc.path, begun.Began, ended.Began, ended.Ended)
		}
		ended.Began, ended.Ended, begun.Began = time.Time{}, time.Time{}, time.Time{}
		if ended != want {
			t.Errorf("told at the end\n%+v, want\n%+v", ended, want)
		}
		want.Status, want.Bytes, want.Complete = 0, 0, false
		if begun != want {
			t.Errorf("told at the begin\n%+v, want\n%+v", begun, want)
		}
		if want := strings.HasSuffix(tc.path, "/json"); ended.Download() != want {
			t.Errorf("%s is a download: %v", tc.path, !want)
		}
	}
}

// endless makes a world whose job 1 has more rows than anybody reads.
func endless(t *testing.T, cfg api.Config) *world {
	t.Helper()
	w := newWorld(t, cfg)
	w.finish(cloud.JobSpec{ID: 1, SitemapID: w.addSitemap()}, 1<<26)
	return w
}

// TestDownloadEndsWithItsClient also shows that rows are streamed: no memory
// would hold this job.
func TestDownloadEndsWithItsClient(t *testing.T) {
	t.Parallel()
	for _, f := range []fault.Fault{
		{}, {Kind: fault.Stall, Delay: time.Hour, After: 1000}, {Kind: fault.Dribble, Delay: time.Hour, Chunk: 1000},
	} {
		t.Run(f.String(), func(t *testing.T) {
			t.Parallel()
			seen := newCalls()
			w := endless(t, api.Config{Observe: seen.observe, Fault: func(api.Call) fault.Fault { return f }})
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+"scraping-job/1/json?api_token="+token, nil)
			w.must(err)
			resp, err := plain.Do(req)
			w.must(err)
			defer resp.Body.Close()
			if line, err := bufio.NewReader(resp.Body).ReadString('\n'); err != nil || !strings.HasPrefix(line, `{"web-scraper-order":"1`) {
				t.Fatalf("the first row is %s, %v", line, err)
			}
			leave()
			if call := await(t, seen.ended); call.Complete || call.Bytes < 1000 {
				t.Errorf("told of %+v, want it begun and not complete", call)
			}
		})
	}
}

// TestDownloadEndsWithItsServer holds also when the client neither reads nor
// leaves.
func TestDownloadEndsWithItsServer(t *testing.T) {
	t.Parallel()
	for _, f := range []fault.Fault{{}, {Kind: fault.Stall, Delay: time.Hour}, {Kind: fault.Dribble, Delay: time.Hour}} {
		t.Run(f.String(), func(t *testing.T) {
			t.Parallel()
			seen := newCalls()
			c, err := cloud.New(cloud.Config{})
			if err != nil {
				t.Fatal(err)
			}
			w := &world{Cloud: c, t: t}
			w.finish(cloud.JobSpec{ID: 1, SitemapID: w.addSitemap()}, 1<<26)
			handler, err := api.New(api.Config{
				Cloud: c, Token: token, Observe: seen.observe, Fault: func(api.Call) fault.Fault { return f },
			})
			w.must(err)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			server := httptest.NewUnstartedServer(handler)
			server.Config.BaseContext = func(net.Listener) context.Context { return ctx }
			server.Start()
			defer server.Close()
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
			w.must(err)
			defer conn.Close()
			_, err = io.WriteString(conn, "GET "+api.Path+"scraping-job/1/json?api_token="+token+" HTTP/1.1\r\nHost: x\r\n\r\n")
			w.must(err)
			await(t, seen.begun)
			stop()
			if call := await(t, seen.ended); call.Complete {
				t.Errorf("told of %+v, want it not complete", call)
			}
		})
	}
}

// TestTruncatedDownloadIsNoticed and the next test are what a receiver meets.
func TestTruncatedDownloadIsNoticed(t *testing.T) {
	t.Parallel()
	w := endless(t, api.Config{Fault: func(api.Call) fault.Fault { return fault.Fault{Kind: fault.Truncate, After: 1000} }})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+"scraping-job/1/json?api_token="+token, nil)
	w.must(err)
	resp, err := plain.Do(req)
	w.must(err)
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); !errors.Is(err, io.ErrUnexpectedEOF) || len(body) != 1000 {
		t.Errorf("read %d bytes, %v", len(body), err)
	}
}

func TestDownloadCutShortShowsInTheCountAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, api.Config{Fault: func(api.Call) fault.Fault { return fault.Fault{Kind: fault.CutShort, After: 1000} }})
	w.finish(cloud.JobSpec{ID: 1, SitemapID: w.addSitemap()}, 100)
	got := w.call("GET", "scraping-job/1/json", "").body
	if !strings.HasPrefix(w.rows(1), got) || !strings.HasSuffix(got, "}\n") || strings.Count(got, "\n") >= 100 {
		t.Errorf("got %d whole rows of 100", strings.Count(got, "\n"))
	}
}

// BenchmarkDownload streams a million rows: title of three words, price, URL,
// SKU, stock flag and date. Every run must give the same bytes.
func BenchmarkDownload(b *testing.B) {
	c, err := cloud.New(cloud.Config{Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	s, err := c.AddSitemap("shop", "")
	if err != nil {
		b.Fatal(err)
	}
	const rows = 1_000_000
	_, err = c.AddJob(cloud.JobSpec{ID: 1, SitemapID: s.ID})
	if err = errors.Join(err, c.Start(1), c.End(1, webhook.Finished, rows)); err != nil {
		b.Fatal(err)
	}
	handler, err := api.New(api.Config{Cloud: c, Token: token})
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(handler)
	defer server.Close()
	var sum uint32
	var first time.Duration
	peak := &peakHeap{}
	b.ReportAllocs()
	for b.Loop() {
		began := time.Now()
		req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, server.URL+api.Path+"scraping-job/1/json?api_token="+token, nil)
		if err != nil {
			b.Fatal(err)
		}
		resp, err := plain.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		first += time.Since(began)
		check := crc32.NewIEEE()
		n, err := io.Copy(io.MultiWriter(check, peak), resp.Body)
		if err = errors.Join(err, resp.Body.Close()); err != nil {
			b.Fatal(err)
		}
		if sum == 0 {
			sum = check.Sum32()
		}
		if check.Sum32() != sum {
			b.Fatal("two runs gave different bytes")
		}
		b.SetBytes(n)
	}
	b.ReportMetric(float64(b.N)*rows/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(first.Microseconds())/float64(b.N), "µs-to-head")
	b.ReportMetric(float64(peak.most)/(1<<20), "MiB-peak-heap")
}

// peakHeap watches the heap of client and server while bytes pass.
type peakHeap struct {
	passed int
	most   uint64
}

func (p *peakHeap) Write(b []byte) (int, error) {
	if p.passed += len(b); p.passed > 16<<20 {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(sample)
		p.passed, p.most = 0, max(p.most, sample[0].Value.Uint64())
	}
	return len(b), nil
}
