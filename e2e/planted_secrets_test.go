//go:build !windows

package e2e_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// planted are the secrets of an endpoint, each in its place, and none in any word.
var planted = map[string]string{
	"path": "p4thS3cret0fTheHook", "query": "qu3ryS3cret", "password": "pa55w0rdS3cret", "API token": "4piT0kenS3cret",
}

// secretEndpoint is an endpoint that needs the first three of them, and an end of
// it that answers as told: what is rejected is told at length.
func secretEndpoint(t *testing.T, status int) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	t.Cleanup(server.Close)
	return "http://" + url.UserPassword("me", planted["password"]).String() + "@" + strings.TrimPrefix(server.URL, "http://") +
		"/hook/" + planted["path"] + "/in?token=" + planted["query"]
}

// mustHide searches for the planted secrets in text.
func mustHide(t *testing.T, where, text string, but ...string) {
	t.Helper()
	for name, secret := range planted {
		if at := strings.Index(text, secret); at >= 0 && !strings.Contains(strings.Join(but, " "), name) {
			t.Errorf("%s holds the secret in the %s: …%s…", where, name, text[max(0, at-80):min(len(text), at+40)])
		}
	}
}

// TestPlantedSecrets: what commands print, log and write has none of the secrets
// of the endpoint that they were given; files that need them are their owner's.
func TestPlantedSecrets(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		args   []string
		status int
		code   int
	}{
		"send, acknowledged": {[]string{"send"}, 200, 0},
		"send, rejected":     {[]string{"send", "--attempts", "1"}, 500, 1},
		"send, as JSON":      {[]string{"send", "--attempts", "1", "--output", "json"}, 500, 1},
		"traffic":            {[]string{"traffic", "--jobs", "50", "--rate", "500", "--html", "out.html", "--record", "record"}, 200, 0},
		"traffic, rejected":  {[]string{"traffic", "--jobs", "20", "--rate", "500", "--attempts", "1", "--html", "out.html", "--record", "record"}, 500, 0},
		"traffic, as JSON":   {[]string{"traffic", "--jobs", "20", "--rate", "500", "--attempts", "1", "--output", "json"}, 500, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			o := scrapehookIn(t, dir, nil, append(tc.args, secretEndpoint(t, tc.status))...)
			if o.code != tc.code {
				t.Errorf("exit %d", o.code)
			}
			mustHide(t, "stdout", o.stdout)
			mustHide(t, "stderr", o.stderr)
			mustHideInFiles(t, dir)
		})
	}
}

// mustHideInFiles searches the files of a folder. One that needs the secrets, a
// state, must be its owner's; records must be so as well.
func mustHideInFiles(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		private := strings.Contains(entry.Name(), "record") || strings.Contains(entry.Name(), "state")
		if private && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has the mode %v", entry.Name(), info.Mode())
		}
		if strings.Contains(entry.Name(), "state") {
			return nil
		}
		content, err := os.ReadFile(path)
		mustHide(t, entry.Name(), string(content))
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestPlantedSecretsOfACloud does the same with a cloud, which prints its token
// because its clients need it, and nothing else of them.
func TestPlantedSecretsOfACloud(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd := command(t.Context(), dir, []string{"SCRAPEHOOK_CLOUD_TOKEN=" + planted["API token"]}, "cloud", "--listen", "127.0.0.1:0",
		"--state", "state.db", "--record", "record", "--job-time", "10ms", "--max-attempts", "2", "--time-scale", "100",
		"--endpoint", secretEndpoint(t, http.StatusOK), "--endpoint", secretEndpoint(t, http.StatusInternalServerError))
	var stdout, stderr syncBuffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "it has begun", func() bool { return strings.Contains(stdout.String(), "seed") })
	_, rest, _ := strings.Cut(stdout.String(), "control  ")
	p := &cloudProcess{ControlURL: strings.Fields(rest)[0], client: http.DefaultClient}
	api := strings.Replace(p.ControlURL, "_scrapehook", "api/v1", 1)
	p.create(t, 5, 0)
	for _, token := range []string{planted["API token"], "wrong"} {
		resp, err := http.Get(api + "account?api_token=" + token)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	}
	waitFor(t, "a notification is given up", func() bool { return strings.Contains(stderr.String(), "given up") })
	time.Sleep(1200 * time.Millisecond) // records are written after a second
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
	mustHide(t, "stdout", stdout.String(), "API token")
	mustHide(t, "stderr", stderr.String())
	mustHideInFiles(t, dir)
}
