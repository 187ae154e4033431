package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReplayShowsWhatDiffers(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "record.ndjson")
	code, _, stderr := command(t, t.Context(), "traffic", answering(t, 200), "--rate", "1000/s", "--jobs", "20",
		"--resend-delay", "1ms", "--mix", "malformed=10%,lost=10%", "--record", path)
	if code != 0 {
		t.Fatalf("recording: exit code %d, %s", code, stderr)
	}
	for _, tc := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"nothing", []string{answering(t, 200)}, 0, " 0 changed"},
		{"everything", []string{answering(t, 503), "--speed", "2"}, 0, "acked 200     -> rejected 503"},
		{"and is judged", []string{answering(t, 503), "--slo", "changed<=0"}, exitBroken, "MISSED"},
		{"a part under other ids", []string{answering(t, 503), "--only", "reason=acked", "--fresh-ids"}, 0, "job ids are higher by "},
		{"an empty part", []string{refusing, "--only", "job=1"}, exitUsage, "--only job=1: no delivery of the record is like that"},
		{"a condition", []string{refusing, "--only", "state=failed"}, exitUsage, "write it like status=failed"},
		{"a speed", []string{refusing, "--speed", "0"}, exitUsage, "speed of 0"},
		{"a profile", []string{refusing, "--profile", "1999"}, exitUsage, "--profile"},
		{"another machine", []string{"http://192.0.2.1/"}, exitUsage, "--allow-remote"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := command(t, t.Context(), append([]string{"replay", path}, tc.args...)...)
			if code != tc.code || !strings.Contains(stdout+stderr, tc.want) {
				t.Errorf("exit code %d, want %d; %s%s\nlacks %q", code, tc.code, stdout, stderr, tc.want)
			}
		})
	}
}

func TestReplayRefusesWhatIsNoRecord(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "record.ndjson")
	if err := os.WriteFile(path, []byte("hello\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{path: "line 1", "/not/there": "opening the record"} {
		if code, _, stderr := command(t, t.Context(), "replay", path, refusing); code != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit code %d, %s", path, code, stderr)
		}
	}
}

func TestRecordOnAFullDiskKeepsTheReport(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("this system has no /dev/full")
	}
	code, stdout, stderr := command(t, t.Context(), "traffic", answering(t, 200), "--rate", "1000/s", "--jobs", "20", "--record", "/dev/full")
	if code != exitHarness || !strings.Contains(stderr, "the record /dev/full is incomplete: no space left") || !strings.Contains(stdout, "20 of 20 planned") {
		t.Errorf("exit code %d\n%s%s", code, stdout, stderr)
	}
}
