package e2e_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestSyncBeforeAnswer watches the receiver's system calls: what it wrote to
// the inbox is synced before the answer is written. A kill can't show this,
// because what a killed process has written stays in the kernel's memory.
func TestSyncBeforeAnswer(t *testing.T) {
	t.Parallel()
	needs(t, "strace")
	const notifications = 5
	answers, early := traceAnswers(t, scrapehookBinary, notifications)
	if answers != notifications || early > 0 {
		t.Errorf("%d answers, %d of them before what they acknowledge was on disk, want %d and 0", answers, early, notifications)
	}
	// The same receiver, told not to wait for the disk, is found out.
	if answers, early := traceAnswers(t, withoutSync(t), notifications); answers != notifications || early != notifications {
		t.Errorf("without syncs: %d answers, %d of them early, want %d of both", answers, early, notifications)
	}
}

// withoutSync builds a receiver whose commits don't wait for the disk.
func withoutSync(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	original, err := filepath.Abs("../receiver/sqlstore/open.go")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(original)
	if err != nil {
		t.Fatal(err)
	}
	const full = `"synchronous(FULL)"`
	if strings.Count(string(source), full) != 1 {
		t.Fatalf("%s does not say %s once: mend this test", original, full)
	}
	mutant, overlay, binary := filepath.Join(dir, "open.go"), filepath.Join(dir, "overlay.json"), filepath.Join(dir, "scrapehook")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{original: mutant}})
	if err != nil {
		t.Fatal(err)
	}
	for file, content := range map[string][]byte{
		mutant: []byte(strings.Replace(string(source), full, `"synchronous(OFF)"`, 1)), overlay: replace,
	} {
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-overlay", overlay, "-o", binary, module+"/cmd/scrapehook")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	return binary
}

// traceAnswers runs a receiver under strace, notifies it n times, one after the
// other, and counts its answers and those that came too early.
func traceAnswers(t *testing.T, binary string, n int) (answers, early int) {
	t.Helper()
	dir, address := t.TempDir(), freeAddress(t)
	trace := filepath.Join(dir, "trace")
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "strace", "-f", "-y", "-s", "16", "-e", "trace=write,pwrite64,fsync,fdatasync", "-o", trace,
		binary, "receive", "--listen", address, "--store", "r.db", "--api-url", "http://127.0.0.1:1/", "--api-token", "x")
	cmd.Dir = dir
	ownGroup(cmd, syscall.SIGKILL)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatalf("announced %q, %v", line, err)
	}
	for id := range n {
		// A status that wants no import, so that nothing else is written.
		if code := notify(t, "http://"+address+"/webhook", fmt.Sprintf("scrapingjob_id=%d&status=started&sitemap_id=1", id+1)); code != http.StatusOK {
			t.Fatalf("answered %d", code)
		}
	}
	if err := signalGroup(cmd, syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was stopped by a signal, or stopped because of one
	return readTrace(t, trace)
}

// notify posts a form and returns the answer's code.
func notify(t *testing.T, url, form string) int {
	t.Helper()
	code, _ := notifyFor(t, url, form)
	return code
}

// notifyFor posts a form and returns the answer's code and header.
func notifyFor(t *testing.T, url, form string) (int, http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close() // its text is for people
	return resp.StatusCode, resp.Header
}

var (
	logWritten = regexp.MustCompile(`pwrite64\(\d+<[^>]*/r\.db-wal>`)
	logSynced  = regexp.MustCompile(`f(data)?sync\(\d+<[^>]*/r\.db-wal>\) += 0|<\.\.\. f(data)?sync resumed>.* = 0`)
	answered   = regexp.MustCompile(`write\(\d+<[^>]*>, "HTTP/1\.1 200`)
)

// readTrace goes through the calls in the order in which they began or, for a
// sync, ended.
func readTrace(t *testing.T, path string) (answers, early int) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unsynced := false
	for lines := bufio.NewScanner(file); lines.Scan(); {
		switch line := lines.Text(); {
		case logWritten.MatchString(line):
			unsynced = true
		case logSynced.MatchString(line):
			unsynced = false
		case answered.MatchString(line):
			answers++
			if unsynced {
				early++
			}
		}
	}
	return answers, early
}
