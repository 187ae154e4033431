package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func writing(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

func TestWriteFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, link := filepath.Join(dir, "report"), filepath.Join(dir, "latest")
	if err := os.Symlink("report", link); err != nil {
		t.Fatal(err)
	}
	has := func(want string, mode os.FileMode) {
		t.Helper()
		body, err := os.ReadFile(path)
		if err != nil || string(body) != want {
			t.Errorf("%v: the file has %q, want %q", err, body, want)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%v: %v, want %v", err, info.Mode(), mode)
		}
	}
	if err := tryFile(path); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("trying has left a file")
	}
	if err := writeFile(path, writing("first")); err != nil {
		t.Error(err)
	}
	has("first", 0o644)
	if err := errors.Join(os.Chmod(path, 0o600), tryFile(path)); err != nil {
		t.Error(err)
	}
	has("first", 0o600)
	if err := writeFile(link, writing("second")); err != nil {
		t.Error(err)
	}
	has("second", 0o600)
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("%v: the link is one no longer", err)
	}

	// What can't be made whole leaves what was there.
	broken := errors.New("broken")
	if err := writeFile(path, func(w io.Writer) error { return errors.Join(writing("half")(w), broken) }); !errors.Is(err, broken) {
		t.Error(err)
	}
	has("second", 0o600)
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left is %v", left)
	}
}

// TestWriteFileInPlace: a pipe, as a shell makes one for >(jq), is written to,
// once.
func TestWriteFileInPlace(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	path := fmt.Sprintf("/dev/fd/%d", w.Fd())
	if err := errors.Join(tryFile(path), writeFile(path, writing("all")), w.Close()); err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(r); err != nil || string(body) != "all" {
		t.Errorf("%v: read %q", err, body)
	}
}

func TestTryFileSaysWhy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, path := range map[string]string{"a folder": dir, "in no folder": filepath.Join(dir, "none", "r"), "below a file": "/dev/null/r"} {
		if err := tryFile(path); err == nil {
			t.Errorf("%s: no error", name)
		}
		if err := writeFile(path, writing("x")); err == nil {
			t.Errorf("%s: written", name)
		}
	}
}
