package main

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/traffic/plan"
	"github.com/scrapehook/scrapehook/webhook"
)

// later is a web server that passes everything on to another one, which is
// known later.
type later struct{ target atomic.Pointer[url.URL] }

func (l *later) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	target := l.target.Load()
	if target == nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	httputil.NewSingleHostReverseProxy(target).ServeHTTP(w, r)
}

// started runs a command line until the test ends, or stop is called and its
// exit code read, and returns the line that it says first, on stdout or stderr.
func started(t *testing.T, said *io.PipeReader, args []string, stdout, stderr io.Writer) (line string, stop func() int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	code := make(chan int, 1)
	go func() { code <- run(ctx, args, stdout, stderr) }()
	stop = func() int {
		cancel()
		got := <-code
		code <- got // for another call
		return got
	}
	t.Cleanup(func() { stop() })
	reader := bufio.NewReader(said)
	line, err := reader.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, reader) }() // ends with the process's end of the pipe
	return strings.TrimSpace(line), stop
}

// TestTrafficIsImported sends everything there is, at every kind of pace, to the
// built-in receiver, and compares its rows with the plan.
func TestTrafficIsImported(t *testing.T) {
	t.Parallel()
	const jobs = 60
	trace := filepath.Join(t.TempDir(), "trace.txt")
	var moments strings.Builder
	for i := range jobs {
		fmt.Fprintf(&moments, "%.3f\n", float64(i)/200)
	}
	if err := os.WriteFile(trace, []byte(moments.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, arrivals := range []string{"constant", "poisson", "burst:20", "ramp", "sine", "steps", "trace:" + trace} {
		name, _, _ := strings.Cut(arrivals, ":")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trafficIsImported(t, jobs, arrivals)
		})
	}
}

func trafficIsImported(t *testing.T, jobs int64, arrivals string) {
	t.Helper()
	const rows = 6
	mix := "again=10%,concurrent=10%,late=10%,lost=10%,continued=10%,malformed=10%,slow=10%"
	var cloudAPI later
	proxy := httptest.NewServer(&cloudAPI)
	defer proxy.Close()
	store := filepath.Join(t.TempDir(), "r.db")

	said, out := io.Pipe()
	defer func() { _ = out.Close() }()
	line, _ := started(t, said, []string{
		"receive", "--listen", "127.0.0.1:0", "--store", store, "--api-url", proxy.URL + "/", "--api-token", "x", "--log-level", "error",
	}, out, io.Discard)
	endpoint := strings.TrimPrefix(line, "listening on ")

	said, errs := io.Pipe()
	defer func() { _ = errs.Close() }()
	line, stop := started(t, said, []string{
		"traffic", endpoint, "--cloud", "127.0.0.1:0", "--cloud-token", "x", "--rows", "6", "--linger", "1h", "--seed", "5",
		"--rate", "200/s", "--arrivals", arrivals, "--jobs", strconv.FormatInt(jobs, 10), "--mix", mix, "--late-after", "100ms", "--continue-after", "10ms", "--resend-delay", "50ms",
	}, io.Discard, errs)
	api, err := url.Parse(strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(line, "API "), " token x"), "/"))
	if err != nil {
		t.Fatal(err)
	}
	cloudAPI.target.Store(api)

	want := wantedRows(t, mix, jobs, rows)
	for deadline := time.Now().Add(2 * time.Minute); ; {
		missing, wrong := compareRows(t, strings.TrimSuffix(store, ".db")+"-rows.db", want)
		if missing == 0 && wrong == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d jobs were not imported, %d have other rows", missing, len(want), wrong)
		}
		time.Sleep(50 * time.Millisecond) // between two looks at an effect
	}
	if code := stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// wantedRows are the rows of each job of the plan that is to be imported.
func wantedRows(t *testing.T, mix string, jobs int64, rows int) map[int64]int {
	t.Helper()
	parsed, err := plan.ParseMix(mix)
	if err != nil {
		t.Fatal(err)
	}
	planned, err := plan.New(plan.Config{Seed: 5, Profile: webhook.Profile2020(), Jobs: jobs, Mix: parsed})
	if err != nil {
		t.Fatal(err)
	}
	want := map[int64]int{}
	for index := range planned.Jobs() {
		j := planned.Job(index)
		switch status := j.Notification.Status; {
		case j.Special == plan.Malformed, status == webhook.Failed && j.Special != plan.Continued:
		case status == webhook.Stopped:
			want[j.Notification.JobID] = rows / 2
		default:
			want[j.Notification.JobID] = rows
		}
	}
	return want
}

// compareRows counts the jobs that are not in the receiver's file, and those
// with other rows than they should have.
func compareRows(t *testing.T, path string, want map[int64]int) (missing, wrong int) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	found, err := db.QueryContext(t.Context(), "SELECT job_id, count(*) FROM imported_rows GROUP BY job_id")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = found.Close() }()
	got := map[int64]int{}
	for found.Next() {
		var id int64
		var n int
		if err := found.Scan(&id, &n); err != nil {
			t.Fatal(err)
		}
		got[id] = n
		if n != want[id] {
			wrong++
		}
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	for id := range want {
		if _, ok := got[id]; !ok {
			missing++
		}
	}
	return missing, wrong
}
