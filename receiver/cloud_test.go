package receiver_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/receiver/cloudclient"
	"github.com/scrapehook/scrapehook/webhook"
)

// cloud is a cloud that holds the jobs it is given, and keeps count of the
// calls. It is written from the contract, section 2, for these tests alone.
type cloud struct {
	url string

	mu    sync.Mutex
	jobs  map[int64]job
	calls map[string]int // by method, path and the job's id: "GET 7", "GET 7/json", "DELETE 7"
	times map[string][]time.Time
	// intercept may answer a call itself; n counts the calls of its kind from 1.
	intercept func(w http.ResponseWriter, call string, n int) bool
}

type job struct {
	status   webhook.Status
	rows     int
	duration int
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{jobs: map[int64]job{}, calls: map[string]int{}, times: map[string][]time.Time{}}
	server := httptest.NewServer(http.HandlerFunc(c.serve))
	t.Cleanup(server.Close)
	c.url = server.URL + "/api/v1/"
	return c
}

func (c *cloud) set(id int64, j job) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.jobs[id] = j
}

func (c *cloud) onCall(intercept func(w http.ResponseWriter, call string, n int) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.intercept = intercept
}

func (c *cloud) count(call string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls[call]
}

func (c *cloud) serve(w http.ResponseWriter, r *http.Request) {
	rest := strings.TrimPrefix(r.URL.Path, "/api/v1/scraping-job/")
	call := r.Method + " " + rest
	c.mu.Lock()
	c.calls[call]++
	n, intercept := c.calls[call], c.intercept
	c.times[call] = append(c.times[call], time.Now())
	c.mu.Unlock()
	if intercept != nil && intercept(w, call, n) {
		return
	}
	idText, download := strings.CutSuffix(rest, "/json")
	id, _ := strconv.ParseInt(idText, 10, 64)
	c.mu.Lock()
	defer c.mu.Unlock()
	j, ok := c.jobs[id]
	switch {
	case !ok:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"success":false,"error":"no such job"}`)
	case download:
		io.WriteString(w, rows(id, j.rows))
	case r.Method == http.MethodDelete:
		delete(c.jobs, id)
		fmt.Fprint(w, `{"success":true,"data":"ok"}`)
	default:
		fmt.Fprintf(w, `{"success":true,"data":{"id":%d,"custom_id":null,"sitemap_name":"s","status":%q,"sitemap_id":12,
			"test_run":0,"jobs_scheduled":1,"jobs_executed":1,"jobs_failed":0,"jobs_empty":0,"jobs_no_value":0,
			"stored_record_count":%d,"request_interval":2000,"page_load_delay":2000,"driver":"fast","scheduled":0,
			"time_created":1580000000,"scraping_duration":%d}}`, id, j.status, j.rows, j.duration)
	}
}

// rows are the rows of a job, one JSON object a line.
func rows(id int64, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "{\"id\":\"%d-%d\",\"title\":\"row, \\\"quoted\\\" \\n ü😀\",\"empty\":\"\",\"none\":null}\n", id, i)
	}
	return b.String()
}

// bench is a receiver and what the tests look at.
type bench struct {
	*receiver.Receiver
	store receiver.Store
	sink  receiver.Sink
	stop  func() // stops the receiver and closes the store; twice is safe
}

// client calls the cloud, with timeouts that end a test that hangs.
func (c *cloud) client(t *testing.T) *cloudclient.Client {
	t.Helper()
	client, err := cloudclient.New(cloudclient.Config{BaseURL: c.url, Token: "t0ken"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// start runs a receiver on what is kept at a place; change may alter its
// configuration.
func start(t *testing.T, at place, c *cloud, change func(*receiver.Config)) *bench {
	t.Helper()
	store, sink, closeStore := at.open(t)
	cfg := receiver.Config{
		Store: store, Sink: sink, Cloud: c.client(t),
		SpoolDir: at.dir, Log: slog.New(slog.NewTextHandler(&testLog{t: t}, nil)),
	}
	if change != nil {
		change(&cfg)
	}
	rcv, err := receiver.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := rcv.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	b := &bench{Receiver: rcv, store: store, sink: sink}
	b.stop = sync.OnceFunc(func() {
		cancel()
		<-done
		closeStore()
	})
	t.Cleanup(b.stop)
	return b
}

// notify posts the notification of a job and returns the answer's code.
func (b *bench) notify(id int64, status webhook.Status) int {
	n := webhook.Notification{JobID: id, Status: status, SitemapID: 12, SitemapName: "s"}
	return post(b.Handler(), "/webhook", n.AppendForm(nil)).Code
}

func post(h http.Handler, target string, form []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, target, bytes.NewReader(form))
	r.Header.Set("Content-Type", webhook.ContentType)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// mustNotify expects the notification to be acknowledged.
func (b *bench) mustNotify(t *testing.T, id int64, status webhook.Status) {
	t.Helper()
	if code := b.notify(id, status); code != http.StatusOK {
		t.Fatalf("notification of job %d was answered %d", id, code)
	}
}

// awaitIdle waits until no import is wanted any more.
func (b *bench) awaitIdle(t *testing.T) {
	t.Helper()
	eventually(t, "every import is done", func() bool {
		_, wanted, err := b.store.NextDue(t.Context())
		return err == nil && !wanted
	})
}

// wantRows expects exactly the first n rows of the job at a place, in order, and
// returns the record of their import. It reads as another process would.
func wantRows(t *testing.T, at place, id int64, n int) receiver.Import {
	t.Helper()
	got, imp := at.read(t, id)
	var b strings.Builder
	for _, row := range got {
		b.Write(row)
		b.WriteByte('\n')
	}
	if want := rows(id, n); b.String() != want {
		t.Errorf("job %d has %d rows:\n%s\nwant %d", id, len(got), b.String(), n)
	}
	return imp
}

// eventually waits for an effect. The deadline is for what hangs, not for what
// is slow.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

// testLog hands the receiver's log to the test, until that has ended.
type testLog struct {
	t  *testing.T
	mu sync.Mutex
}

func (l *testLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.t.Context().Err() == nil {
		l.t.Logf("%s", bytes.TrimSpace(p))
	}
	return len(p), nil
}
