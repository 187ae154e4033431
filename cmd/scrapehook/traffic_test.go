package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/traffic/plan"
	"github.com/scrapehook/scrapehook/internal/traffic/report"
)

// command runs a command line and returns what it leaves.
func command(t *testing.T, ctx context.Context, args ...string) (code int, stdout, stderr string) { //nolint:revive // t goes first in tests
	t.Helper()
	var out, errs strings.Builder
	code = run(ctx, args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestTrafficReports(t *testing.T) {
	t.Parallel()
	url := answering(t, 204)
	args := []string{"traffic", url, "--rate", "1000/s", "--jobs", "200", "--seed", "7", "--mix", "again=10%,lost=5%",
		"--resend-delay", "1ms", "--slo", "delivered>=100%,max<10m"}
	code, stdout, stderr := command(t, t.Context(), args...)
	if code != 0 || stderr != "" {
		t.Errorf("exit code %d, stderr %s", code, stderr)
	}
	for _, want := range []string{"seed 7", "arrivals constant, mix again=10%,lost=5%", "acked ", "from planned", "SLO delivered>=100%      met"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("the report\n%s lacks %q", stdout, want)
		}
	}
	code, stdout, _ = command(t, t.Context(), append(args, "--output", "json")...)
	var result report.Report
	if err := json.Unmarshal([]byte(stdout), &result); err != nil || code != 0 {
		t.Fatal(code, err)
	}
	if result.Delivered != result.Notifications || result.Lost == 0 || len(result.SLO) != 2 || result.Plan.Jobs != 200 {
		t.Errorf("report %+v", result.Counts)
	}
}

func TestTrafficExitCodes(t *testing.T) {
	t.Parallel()
	url := answering(t, 500)
	for _, tc := range []struct {
		name string
		args []string
		code int
		want string // in stdout or stderr
	}{
		{"an SLO is missed", []string{"traffic", url, "--jobs", "5", "--attempts", "1", "--slo", "acked>=50%"}, exitBroken, "MISSED  got 0.000%"},
		{"without an SLO, rejections are a measurement", []string{"traffic", url, "--jobs", "5", "--attempts", "1"}, 0, "rejected             5"},
		{"nothing listens", []string{"traffic", refusing, "--jobs", "5", "--attempts", "1"}, exitHarness, "no send reached the endpoint"},
		{"as fast as can be", []string{"traffic", url, "--rate", "max", "--jobs", "50", "--attempts", "1", "--connections", "2"}, 0, "50 of 50 planned"},
		{"no URL", []string{"traffic", "here", "--jobs", "1"}, exitUsage, `"here" has no scheme`},
		{"another machine", []string{"traffic", "http://192.0.2.1/", "--jobs", "1"}, exitUsage, "--allow-remote"},
		{"a rate", []string{"traffic", url, "--rate", "fast"}, exitUsage, "--rate"},
		{"rate max with a shape", []string{"traffic", url, "--rate", "max", "--arrivals", "ramp"}, exitUsage, "--arrivals ramp"},
		{"a shape", []string{"traffic", url, "--arrivals", "gauss"}, exitUsage, "no such shape"},
		{"a mix", []string{"traffic", url, "--mix", "x=1%"}, exitUsage, "--mix"},
		{"a status", []string{"traffic", url, "--status", "started=1"}, exitUsage, "--status"},
		{"custom ids in 2020", []string{"traffic", url, "--custom-ids", "1%"}, exitUsage, "no custom ids"},
		{"a shard", []string{"traffic", url, "--shard", "4/3"}, exitUsage, "--shard"},
		{"a shard of a random plan", []string{"traffic", url, "--shard", "1/3"}, exitUsage, "--seed"},
		{"a cloud for other machines", []string{"traffic", url, "--cloud", "0.0.0.0:0"}, exitUsage, "--cloud"},
		{"rows", []string{"traffic", url, "--cloud", "127.0.0.1:0", "--rows", "-1"}, exitUsage, "--rows"},
		{"a time", []string{"traffic", url, "--start-at", "noon"}, exitUsage, "--start-at"},
		{"an output", []string{"traffic", url, "--output", "xml"}, exitUsage, "--output"},
		{"an SLO", []string{"traffic", url, "--slo", "fast"}, exitUsage, "--slo"},
		{"metrics for other machines", []string{"traffic", url, "--metrics", "0.0.0.0:0"}, exitUsage, "--metrics"},
		{"a page in no directory", []string{"traffic", url, "--jobs", "1", "--attempts", "1", "--html", "/not/there"}, exitUsage, "--html: the report can't be written: /not/there"},
		{"a record in no directory", []string{"traffic", url, "--record", "/not/there"}, exitUsage, "--record"},
		{"a transport", []string{"traffic", url, "--transport", "quic"}, exitUsage, "use auto, epoll, fast or nethttp"},
		{"the fast transport for TLS", []string{"traffic", "https://127.0.0.1:1/", "--transport", "fast"}, exitUsage, "it has no TLS"},
		{"epoll for TLS", []string{"traffic", "https://127.0.0.1:1/", "--rate", "max", "--transport", "epoll"}, exitUsage, "it has no TLS"},
		{"epoll for an open loop", []string{"traffic", url, "--transport", "epoll"}, exitUsage, "--transport epoll: "},
		{"epoll with a record", []string{"traffic", url, "--rate", "max", "--transport", "epoll", "--record", "/not/there"}, exitUsage, "--transport epoll: "},
		{"net/http's transport", []string{"traffic", url, "--transport", "nethttp", "--jobs", "1", "--attempts", "1"}, 0, "transport nethttp"},
		{"the fast transport unless asked", []string{"traffic", url, "--jobs", "1", "--attempts", "1"}, 0, "transport fast"},
		{"no connection", []string{"traffic", url, "--connections", "0"}, exitUsage, "--connections"},
		{"a dry run", []string{"traffic", url, "--dry-run", "xml"}, exitUsage, "--dry-run"},
		{"a dry run without end", []string{"traffic", url, "--rate", "max", "--duration", "1s", "--dry-run", "forms"}, exitUsage, "only time ends"},
		{"too much", []string{"traffic", url, "--rate", "1000000/s", "--duration", "1h"}, exitUsage, "bound it by a number"},
		{"delays", []string{"traffic", url, "--resend-delay", "-1s"}, exitUsage, "--resend-delay"},
		{"nothing to merge", []string{"traffic", "merge"}, exitUsage, "REPORT.json is missing"},
		{"no such report", []string{"traffic", "merge", "/not/there"}, exitUsage, "does not exist"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := command(t, t.Context(), tc.args...)
			if code != tc.code || !strings.Contains(stdout+stderr, tc.want) {
				t.Errorf("exit code %d, want %d; stdout %s, stderr %s, want %q", code, tc.code, stdout, stderr, tc.want)
			}
		})
	}
}

// TestTrafficSaysItsTransport: a closed loop has the fastest one there is, unless
// something else is asked for, or each attempt is to be told of.
func TestTrafficSaysItsTransport(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	fastest := "transport epoll"
	if runtime.GOOS != "linux" {
		fastest = "transport fast"
	}
	for _, tc := range []struct {
		want string
		args []string
	}{
		{fastest, nil},
		{"transport fast", []string{"--transport", "fast"}},
		{"transport fast", []string{"--record", filepath.Join(t.TempDir(), "record")}},
		{fastest, []string{"--transport", "auto"}},
		{"transport nethttp", []string{"--transport", "nethttp"}},
	} {
		args := append([]string{"traffic", server.URL, "--rate", "max", "--jobs", "100", "--attempts", "1"}, tc.args...)
		if code, stdout, stderr := command(t, t.Context(), args...); code != 0 || !strings.Contains(stdout, tc.want) || !strings.Contains(stdout, "100 of 100 planned") {
			t.Errorf("%q: exit code %d, stdout %s, stderr %s, want %q", tc.args, code, stdout, stderr, tc.want)
		}
	}
}

func TestTrafficDryRunSendsNothing(t *testing.T) {
	t.Parallel()
	var sent atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { sent.Add(1) }))
	defer server.Close()
	for _, format := range plan.Formats {
		args := []string{"traffic", server.URL, "--jobs", "20", "--seed", "3", "--dry-run", format}
		code, first, _ := command(t, t.Context(), args...)
		_, second, _ := command(t, t.Context(), args...)
		if code != 0 || first != second || strings.Count(first, "scrapingjob_id=") != 20 {
			t.Errorf("%s: exit code %d, first\n%s\nsecond\n%s", format, code, first, second)
		}
	}
	if n := sent.Load(); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestTrafficShardsMerge(t *testing.T) {
	t.Parallel()
	url, dir := answering(t, 200), t.TempDir()
	start := time.Now().Add(50 * time.Millisecond).Format(time.RFC3339Nano)
	merge := []string{"traffic", "merge", "--slo", "delivered>=100%"}
	for shard := 1; shard <= 3; shard++ {
		code, stdout, stderr := command(t, t.Context(), "traffic", url, "--rate", "1000/s", "--jobs", "100", "--seed", "1",
			"--mix", "continued=10%", "--continue-after", "1ms", "--shard", fmt.Sprintf("%d/3", shard), "--start-at", start, "--output", "json")
		if code != 0 {
			t.Fatalf("shard %d: exit code %d, %s", shard, code, stderr)
		}
		path := filepath.Join(dir, fmt.Sprintf("%d.json", shard))
		if err := os.WriteFile(path, []byte(stdout), 0o600); err != nil {
			t.Fatal(err)
		}
		merge = append(merge, path)
	}
	code, stdout, stderr := command(t, t.Context(), merge...)
	if code != 0 || !strings.Contains(stdout, "delivered>=100%      met") || strings.Contains(stdout, "missing") {
		t.Errorf("exit code %d, %s\n%s", code, stderr, stdout)
	}
	code, stdout, _ = command(t, t.Context(), merge[:len(merge)-1]...)
	if code != exitBroken || !strings.Contains(stdout, "missing shards, counted as dropped: [3]") {
		t.Errorf("without a shard: exit code %d\n%s", code, stdout)
	}
	code, _, stderr = command(t, t.Context(), append(merge, merge[len(merge)-1])...)
	if code != exitUsage || !strings.Contains(stderr, "two reports of shard 3/3") {
		t.Errorf("a shard twice: exit code %d, %s", code, stderr)
	}
}

func TestTrafficIsMeasuredWhileItRuns(t *testing.T) {
	t.Parallel()
	page := filepath.Join(t.TempDir(), "report.html")
	said, errs := io.Pipe()
	defer func() { _ = errs.Close() }()
	line, stop := started(t, said, []string{"traffic", answering(t, 200), "--rate", "100/s", "--duration", "10m",
		"--metrics", "127.0.0.1:0", "--html", page}, io.Discard, errs)
	for deadline := time.Now().Add(time.Minute); ; {
		if text := fetched(t, strings.TrimPrefix(line, "metrics ")); strings.Contains(text, `scrapehook_traffic_sends_total{outcome="acked"} 1`) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("nothing was acked")
		}
	}
	if code := stop(); code != exitInterrupted {
		t.Errorf("exit code %d", code)
	}
	if text, err := os.ReadFile(page); err != nil || !strings.Contains(string(text), "</html>") {
		t.Errorf("the page: %v", err)
	}
}

func fetched(t *testing.T, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTrafficInterruptedReports(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	var sent atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if sent.Add(1) == 20 {
			interrupt()
		}
		w.WriteHeader(http.StatusOK)
	}))
	defer server.Close()
	code, stdout, stderr := command(t, ctx, "traffic", server.URL, "--rate", "100/s", "--duration", "10m")
	if code != exitInterrupted || !strings.Contains(stdout, "interrupted: ") || !strings.Contains(stdout, "acked") {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
}
