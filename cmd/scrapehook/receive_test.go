package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReceiveRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() }) // the parallel rows outlive this function
	for _, tc := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"a bad API URL", []string{"--api-url", "cloud"}, exitUsage, "--api-url"},
		{"a bad path", []string{"--path", "webhook"}, exitUsage, `"webhook"`},
		{"a bad level", []string{"--log-level", "loud"}, exitUsage, `"loud"`},
		{"no workers", []string{"--workers", "0"}, exitUsage, "--workers 0"},
		{"an empty secret", []string{"--token", ""}, exitUsage, "secret token"},
		{"an argument", []string{"now"}, exitUsage, "now"},
		{"a store in no directory", []string{"--store", filepath.Join(dir, "none", "r.db")}, exitHarness, "none"},
		{"a port in use", []string{"--listen", taken.Addr().String()}, exitHarness, "in use"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			store := t.TempDir()
			args := append([]string{
				"receive", "--listen", "127.0.0.1:0", "--store", filepath.Join(store, "r.db"),
				"--api-url", "http://127.0.0.1:1/", "--api-token", "x",
			}, tc.args...)
			var out, errs strings.Builder
			if code := run(t.Context(), args, &out, &errs); code != tc.code {
				t.Errorf("exit code %d, want %d", code, tc.code)
			}
			if text := errs.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, tc.says) {
				t.Errorf("said %q, want one line about %q", text, tc.says)
			}
			if left, err := os.ReadDir(store); tc.name != "an empty secret" && (err != nil || len(left) > 0) {
				t.Errorf("left %v behind, %v", left, err)
			}
		})
	}
}

// TestReceiveServesAndStops runs the command as a user does, up to the polite
// stop.
func TestReceiveServesAndStops(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	stdout, announce := io.Pipe()
	code := make(chan int, 1)
	var errs strings.Builder
	go func() {
		code <- run(ctx, []string{
			"receive", "--listen", "127.0.0.1:0", "--store", filepath.Join(t.TempDir(), "r.db"),
			"--api-url", "http://127.0.0.1:1/", "--api-token", "x", "--token", "s3cret",
		}, announce, &errs)
		_ = announce.Close()
	}()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	endpoint, ok := strings.CutPrefix(strings.TrimSpace(line), "listening on ")
	if err != nil || !ok {
		t.Fatalf("announced %q, %v", line, err)
	}
	root := strings.TrimSuffix(endpoint, "/webhook")
	for target, want := range map[string]int{
		endpoint:                   http.StatusUnauthorized,
		endpoint + "?token=s3cret": http.StatusOK,
		endpoint + "/s3cret":       http.StatusOK,
		root + "/healthz":          http.StatusOK,
		root + "/elsewhere":        http.StatusNotFound,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, target,
			strings.NewReader("scrapingjob_id=1&status=finished&sitemap_id=2"))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s was answered %d, want %d", target, resp.StatusCode, want)
		}
	}
	stop()
	if got := <-code; got != 0 {
		t.Errorf("exit code %d: %s", got, &errs)
	}
}
