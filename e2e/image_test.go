package e2e_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestImage builds the container image and has it judge a receiver on the host,
// as the image's own user, which is nobody in particular. The image has no
// shell, no library and no file but its own.
func TestImage(t *testing.T) {
	t.Parallel()
	needs(t, "buildah")
	dir := t.TempDir()
	env := append(os.Environ(), "BUILDAH_ISOLATION=chroot") // needs no container runtime
	tool := []string{"buildah", "--root", filepath.Join(dir, "root"), "--runroot", filepath.Join(dir, "run"), "--storage-driver", "vfs"}
	run := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
		cmd.Env = env
		var stderr strings.Builder
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s%s", strings.Join(args, " "), err, out, stderr.String())
		}
		return strings.TrimSpace(string(out))
	}
	image := func(args ...string) string { t.Helper(); return run(append(tool, args...)...) }

	run("make", "-C", "..", "image", "BUILDER="+strings.Join(tool, " "), "IMAGE=scrapehook-under-test")
	container := image("from", "scrapehook-under-test") // it goes with the directory
	if user := image("inspect", "--format", "{{.OCIv1.Config.User}}", container); user != "65532:65532" {
		t.Errorf("it runs as %q", user)
	}

	address, api := freeAddress(t), freeAddress(t)
	// The built-in receiver needs the one place to write, and no shell.
	image("run", container, "--", "/scrapehook", "conform", "--fast", "--filter", "ACK-01,DATA-01,DUR-01")

	rows, out := filepath.Join(dir, "rows"), filepath.Join(dir, "out")
	if err := errors.Join(os.Mkdir(rows, 0o755), os.Mkdir(out, 0o755), os.Chmod(out, 0o777)); err != nil { // another user reads and writes
		t.Fatal(err)
	}
	serve(t, "correct", address, api, filepath.Join(rows, "rows.jsonl"))
	image("run", "--volume", rows+":/rows:ro", "--volume", out+":/out", container, "--", "/scrapehook", "conform", "--fast", "--filter", "ACK,DATA-01,IDEM-01",
		"--api-listen", api, "--probe", "file:/rows/rows.jsonl", "--json", "/out/report.json", "http://"+address+"/")

	var report struct {
		Verdict      string
		Requirements []struct{ ID, Verdict string }
	}
	path := filepath.Join(out, "report.json")
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, &report); err != nil || report.Verdict != "passed" || len(report.Requirements) != 12 {
		t.Errorf("%v: %s", err, body)
	}
	if uid := run("stat", "--format", "%u", path); uid != "65532" {
		t.Errorf("the report was written by user %s", uid)
	}
}
