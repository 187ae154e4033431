package e2e_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestConformRecordReplays: what a run of the suite sent can be sent again.
func TestConformRecordReplays(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := scrapehookIn(t, dir, nil, "conform", "--fast", "--filter", "ACK-01,ACK-02,SEC-02,SEC-03", "--record", "run.ndjson")
	if o.code != 0 {
		t.Fatalf("exit %d\n%s%s", o.code, o.stdout, o.stderr)
	}
	var mu sync.Mutex
	statuses := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm() // a form of the suite may be no form on purpose
		mu.Lock()
		defer mu.Unlock()
		statuses[r.PostForm.Get("status")]++
	}))
	t.Cleanup(server.Close)
	o = scrapehookIn(t, dir, nil, "replay", "run.ndjson", server.URL+"/")
	mu.Lock()
	defer mu.Unlock()
	// The warm-up, ACK-01, SEC-02 and SEC-03 say finished, ACK-02 the others. A form
	// of SEC-03 has 10 MiB.
	if o.code != 0 || statuses["finished"] < 2 || statuses["failed"] != 1 || statuses["stopped"] != 1 || statuses["shelved"] != 1 {
		t.Errorf("exit %d, replayed %v\n%s%s", o.code, statuses, o.stdout, o.stderr)
	}
}

// TestARunThatCannotStartKeepsTheRecord: yesterday's is there until today's has
// something in it.
func TestARunThatCannotStartKeepsTheRecord(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	taken := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(taken.Close)
	record := filepath.Join(dir, "run.ndjson")
	if err := os.WriteFile(record, []byte("yesterday's"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"cloud", "--listen", strings.TrimPrefix(taken.URL, "http://"), "--record", record},
		{"traffic", taken.URL, "--jobs", "1", "--metrics", strings.TrimPrefix(taken.URL, "http://"), "--record", record},
	} {
		o := scrapehookIn(t, dir, nil, args...)
		if text, err := os.ReadFile(record); o.code != 3 || err != nil || string(text) != "yesterday's" {
			t.Errorf("%s: exit %d, %v, the record is %q\n%s", args[0], o.code, err, text, o.stderr)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestTrafficWithFewDescriptors ends in time, with a right report and one line on
// what was too little.
func TestTrafficWithFewDescriptors(t *testing.T) {
	t.Parallel()
	needs(t, "bash")
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	for _, transport := range []string{"auto", "fast", "nethttp"} {
		line := `ulimit -n 64 && exec "$0" traffic "$1" --rate max --duration 500ms --transport ` + transport
		cmd := exec.CommandContext(t.Context(), "bash", "-c", line, scrapehookBinary, server.URL)
		var stdout, stderr strings.Builder
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Run(); err != nil {
			t.Errorf("%s: %v", transport, err)
		}
		if !strings.Contains(stderr.String(), "connections instead of 256: this process may have 64 open files") || strings.Count(stderr.String(), "\n") != 1 ||
			!strings.Contains(stdout.String(), "100.00 %") || strings.Contains(stdout.String(), "protocol") {
			t.Errorf("%s: %s\n%s", transport, stdout.String(), stderr.String())
		}
	}
}
