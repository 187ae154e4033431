//go:build unix

package atomicfile

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// limitedFolder names the folder in which a process of limited files works.
const limitedFolder = "ATOMICFILE_LIMITED_FOLDER"

const fileLimit = 4 << 10 // bytes

func TestMain(m *testing.M) {
	if dir := os.Getenv(limitedFolder); dir != "" {
		os.Exit(workLimited(dir))
	}
	os.Exit(m.Run())
}

// TestFullDisk: what doesn't fit leaves the earlier file. A limit on the size of
// files stands for the disk: it holds for a process, so another one has it.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	earlier := strings.Repeat("earlier\n", 20)
	for _, name := range []string{"replaced", "in place"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(earlier), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), limitedFolder+"="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("%v: the folder has %v", err, entries)
	}
	for _, e := range entries {
		if body, err := os.ReadFile(filepath.Join(dir, e.Name())); err != nil || string(body) != earlier {
			t.Errorf("%s: %v, %q", e.Name(), err, body)
		}
	}
}

// workLimited writes what doesn't fit, and returns an exit code: 0 when both
// ways were refused for that.
func workLimited(dir string) int {
	signal.Ignore(syscall.SIGXFSZ)
	limit := syscall.Rlimit{Cur: fileLimit, Max: fileLimit}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return 3
	}
	big := bytes.Repeat([]byte("new\n"), fileLimit)
	write := func(w io.Writer) error { _, err := w.Write(big); return err }
	if err := Write(filepath.Join(dir, "replaced"), Public, write); !errors.Is(err, syscall.EFBIG) {
		return 4
	}
	if err := writeInPlace(filepath.Join(dir, "in place"), Public, big); !errors.Is(err, syscall.EFBIG) {
		return 5
	}
	return 0
}

func TestWriteInPlace(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{"longer": "longer than before", "shorter": "ab", "as long": "ABCDEF", "empty": ""} {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, []byte("before"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := writeInPlace(path, Secret, []byte(content)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		body, err := os.ReadFile(path)
		info, _ := os.Stat(path)
		if err != nil || string(body) != content || info.Mode().Perm() != Secret {
			t.Errorf("%s: %v, %q, %v", name, err, body, info.Mode())
		}
	}
}
