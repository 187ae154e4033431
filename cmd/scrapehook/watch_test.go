package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// steps is a writer that does the next step each time it has been told of a wait.
type steps struct {
	mu   sync.Mutex
	text strings.Builder
	then []func()
}

func (w *steps) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(p)
	if strings.Contains(string(p), "waiting for a change") && len(w.then) > 0 {
		step := w.then[0]
		w.then = w.then[1:]
		step()
	}
	return len(p), nil
}

func TestSendAgainWhenTheHandlerChanges(t *testing.T) {
	t.Parallel()
	handler := inFile(t, "handler.php", "1")
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	var stdout strings.Builder
	stderr := &steps{then: []func(){func() { writeFile(t, handler, "two") }, interrupt}}
	code := run(ctx, []string{"send", answering(t, 500, 200), "--attempts", "1", "--watch", handler}, &stdout, stderr)
	if code != exitInterrupted {
		t.Errorf("exit code %d; %s", code, stderr.text.String())
	}
	for _, want := range []string{"scrapingjob_id=1234&", "rejected after", "scrapingjob_id=1235&", "acknowledged after 1 attempt"} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("stdout\n%s lacks %q", stdout.String(), want)
		}
	}
	if want := "changed: " + handler; !strings.Contains(stderr.text.String(), want) {
		t.Errorf("stderr %s lacks %q", stderr.text.String(), want)
	}
}

// TestSendIsCutShortByAChange waits for no resend of what is out of date.
func TestSendIsCutShortByAChange(t *testing.T) {
	t.Parallel()
	handler := inFile(t, "handler.php", "1")
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	stdout := &watchedWriter{after: "resend in", then: func() { writeFile(t, handler, "two") }}
	stderr := &steps{then: []func(){interrupt}}
	code := run(ctx, []string{"send", answering(t, 500, 200), "--watch", handler}, stdout, stderr)
	if want := "acknowledged after 1 attempt"; code != exitInterrupted || !strings.Contains(stdout.text.String(), want) {
		t.Errorf("exit code %d, and it shows\n%s", code, stdout.text.String())
	}
}

func TestWatchRefuses(t *testing.T) {
	t.Parallel()
	notes := inFile(t, "report.json", "mine")
	for want, args := range map[string][]string{
		"--watch: /nowhere/x: there is no such file": {"send", refusing, "--watch", "/nowhere/x"},
		"is not a pattern of files":                  {"conform", refusing, "--watch", "["},
		`--rerun "all": use failed`:                  {"conform", refusing, "--rerun", "all"},
		"name its file with --json":                  {"conform", refusing, "--rerun", "failed"},
		"--rerun: reading an earlier report":         {"conform", refusing, "--rerun", "failed", "--json", notes},
		"--status \"x\"":                             {"send", refusing, "--status", "x", "--watch", notes},
	} {
		if code, _, stderr := command(t, t.Context(), args...); code != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%v: exit code %d, %s", args, code, stderr)
		}
	}
}

func TestConformPlaysFirstWhatFailed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "report.json")
	judge := func(code int) (int, string, string) {
		return command(t, t.Context(), "conform", answering(t, code), "--api-listen", "127.0.0.1:0", "--fast", "--filter", "ACK-01,ACK-02", "--rerun", "failed", "--json", path)
	}
	if code, _, stderr := judge(500); code != exitBroken || strings.Contains(stderr, "failed before") {
		t.Fatalf("the first run: exit code %d, %s", code, stderr)
	}
	if code, stdout, _ := judge(500); code != exitBroken || strings.Contains(stdout, "ACK-02") {
		t.Errorf("it fails still: exit code %d, %s", code, stdout)
	}
	code, stdout, stderr := judge(200)
	if code != 0 || !strings.Contains(stderr, "first what failed before: ACK-01\n") || !strings.Contains(stderr, "it passes now, so everything follows") || !strings.Contains(stdout, "ACK-02") {
		t.Errorf("it is repaired: exit code %d, %s%s", code, stdout, stderr)
	}
	if _, _, stderr := judge(200); strings.Contains(stderr, "failed before") {
		t.Errorf("nothing failed: %s", stderr)
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Error(err)
	}
}
