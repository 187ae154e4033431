package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// startTap starts a tap and returns its URL.
func startTap(t *testing.T, stdout io.Writer, args ...string) (url string, stop func() int) {
	t.Helper()
	said, says := io.Pipe()
	out := io.Writer(says)
	if stdout != nil {
		out = io.MultiWriter(stdout, says)
	}
	line, end := started(t, said, append([]string{"tap", "--listen", "127.0.0.1:0"}, args...), out, os.Stderr)
	url = strings.TrimSpace(strings.TrimPrefix(line, "tap"))
	if strings.HasPrefix(line, "{") {
		var at struct {
			URL string `json:"tap_url"`
		}
		if err := json.Unmarshal([]byte(line), &at); err != nil {
			t.Fatal(err)
		}
		url = at.URL
	}
	return url, func() int {
		code := end()
		_ = says.Close()
		return code
	}
}

func TestTapRecordsWhatReplaySendsAgain(t *testing.T) {
	t.Parallel()
	endpoint := httptest.NewServer(http.HandlerFunc(handler))
	t.Cleanup(endpoint.Close)
	path := filepath.Join(t.TempDir(), "vendor.jsonl")
	var shown strings.Builder
	url, stop := startTap(t, &shown, "--to", endpoint.URL+"/python?token=s3cret", "--record", path)
	if !strings.HasSuffix(url, "/python") {
		t.Errorf("the tap is at %q", url)
	}
	if code, _, errs := command(t, t.Context(), "send", url, "--attempts", "1", "--profile", "2022", "--custom-id", "mine"); code != exitBroken {
		t.Errorf("send: exit code %d, %s", code, errs)
	}
	if code := stop(); code != 0 {
		t.Errorf("tap: exit code %d", code)
	}
	kept, err := os.ReadFile(path)
	if err != nil || strings.Count(string(kept), "\n") != 2 || strings.Contains(string(kept), "s3cret") {
		t.Errorf("the record has %q, %v", kept, err)
	}
	for _, want := range []string{
		"POST /python\n", "&custom_id=mine\n", "   ! the sender now sends the field custom_id, which profile 2020 does not know (profile 2022 does)\n",
		"rejected after ", "   | Traceback (most recent call last):\n", "1 request passed, 0 of them acknowledged\n", "  1 time: the sender now sends the field custom_id",
	} {
		if !strings.Contains(shown.String(), want) {
			t.Errorf("it shows\n%s without %q", shown.String(), want)
		}
	}
	for args, want := range map[string]struct {
		code int
		says string
	}{
		"--profile 2020": {exitBroken, "line 2\n   ! the sender now sends the field custom_id"},
		"--profile 2022": {0, "1 of 1 requests are as profile 2022 says\n"},
		"--output json":  {exitBroken, `"requests": 1`},
	} {
		code, out, _ := command(t, t.Context(), append([]string{"conform", "--sent", path}, strings.Fields(args)...)...)
		if code != want.code || !strings.Contains(out, want.says) {
			t.Errorf("conform --sent %s: exit code %d, %s", args, code, out)
		}
	}
	code, out, errs := command(t, t.Context(), "replay", path, endpoint.URL+"/python")
	if code != 0 || !strings.Contains(out, "1 outcomes as recorded, 0 changed") {
		t.Errorf("replay: exit code %d, %s%s", code, out, errs)
	}
}

func TestTapAsJSON(t *testing.T) {
	t.Parallel()
	var shown strings.Builder
	url, stop := startTap(t, &shown, "--to", refusing, "--output", "json")
	_, out, _ := command(t, t.Context(), "send", url, "--attempts", "1")
	if !strings.Contains(out, "scrapehook tap: nothing listens on 127.0.0.1:1") {
		t.Errorf("the sender got %s", out)
	}
	stop()
	if lines := strings.Split(shown.String(), "\n"); len(lines) != 3 || !strings.Contains(lines[1], `"reason":"refused"`) || !strings.Contains(lines[1], `"form":"scrapingjob_id=1234`) {
		t.Errorf("it shows %q", shown.String())
	}
}

func TestTapRefuses(t *testing.T) {
	t.Parallel()
	notes := inFile(t, "notes", "mine\n")
	for want, args := range map[string][]string{
		"--to is missing":             {},
		"has no scheme":               {"--to", "127.0.0.1:8080"},
		"neither an http://":          {"--to", "ftp://127.0.0.1/"},
		"let other machines in":       {"--to", refusing, "--listen", "0.0.0.0:0"},
		`"2021" is not a profile`:     {"--to", refusing, "--profile", "2021"},
		`--output "xml"`:              {"--to", refusing, "--output", "xml"},
		"nothing is appended: choose": {"--to", refusing, "--listen", "127.0.0.1:0", "--record", notes},
		"--ca: ":                      {"--to", refusing, "--ca", "/nowhere/ca.pem"},
	} {
		if code, _, errs := command(t, t.Context(), append([]string{"tap"}, args...)...); code != exitUsage || !strings.Contains(errs, want) {
			t.Errorf("%v: exit code %d, %s", args, code, errs)
		}
	}
}
