package atomicfile_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/internal/atomicfile"
)

func writing(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// expect checks the content and the mode of the file at path.
func expect(t *testing.T, path, content string, mode fs.FileMode) {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil || string(body) != content {
		t.Errorf("%v: the file has %q, want %q", err, body, content)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
		t.Errorf("%v: mode %v, want %v", err, info.Mode(), mode)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) > 0 {
		t.Errorf("temporary files are left: %v", left)
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name          string
		before        fs.FileMode // of a file that is there; 0: there is none
		mode, endMode fs.FileMode
	}{
		{"a new public file", 0, atomicfile.Public, 0o644},
		{"a new secret file", 0, atomicfile.Secret, 0o600},
		{"a public file keeps its mode", 0o600, atomicfile.Public, 0o600},
		{"a public file keeps a wide mode", 0o666, atomicfile.Public, 0o666},
		{"a secret file loses readers", 0o644, atomicfile.Secret, 0o600},
		{"a secret file stays narrow", 0o400, atomicfile.Secret, 0o400},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "report")
			if tc.before != 0 {
				if err := errors.Join(os.WriteFile(path, []byte("a longer first version"), 0o600), os.Chmod(path, tc.before)); err != nil {
					t.Fatal(err)
				}
			}
			if err := atomicfile.Write(path, tc.mode, writing("content")); err != nil {
				t.Fatal(err)
			}
			expect(t, path, "content", tc.endMode)
		})
	}
}

func TestWriteKeepsLinks(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "report")
	link := filepath.Join(t.TempDir(), "latest")
	if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Symlink(path, link)); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Write(link, atomicfile.Public, writing("second")); err != nil {
		t.Error(err)
	}
	expect(t, path, "second", 0o600)
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("%v: the link has become a file", err)
	}
}

func TestFailedWriteKeepsTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "report")
	if err := os.WriteFile(path, []byte("first"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	err := atomicfile.Write(path, atomicfile.Public, func(w io.Writer) error { return errors.Join(writing("half")(w), broken) })
	if !errors.Is(err, broken) {
		t.Error(err)
	}
	expect(t, path, "first", 0o600)
}

func TestCommitAndDiscard(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "rows")
	f, err := atomicfile.Create(path, atomicfile.Public)
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("0123456789", 20_000)
	if _, err := io.WriteString(f, long); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is there before it is complete: %v", err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	expect(t, path, long, 0o644)
	f.Discard()
	if err := f.Commit(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("a second commit: %v", err)
	}
	if f, err = atomicfile.Create(path, atomicfile.Public); err != nil {
		t.Fatal(err)
	}
	f.Discard()
	expect(t, path, long, 0o644)
}

// TestPipe: a pipe, as a shell makes one for >(jq), is written to, once.
func TestPipe(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	path := fmt.Sprintf("/dev/fd/%d", w.Fd())
	if _, err := os.Stat(path); err != nil {
		t.Skip("this system has no /dev/fd")
	}
	if err := errors.Join(atomicfile.Check(path), atomicfile.Write(path, atomicfile.Public, writing("all")), w.Close()); err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(r); err != nil || string(body) != "all" {
		t.Errorf("%v: read %q", err, body)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"a folder": dir, "in a missing folder": filepath.Join(dir, "none", "r"), "below a file": filepath.Join(file, "r"),
	} {
		if err := atomicfile.Check(path); err == nil {
			t.Errorf("%s: the check found nothing", name)
		}
		err := atomicfile.Write(path, atomicfile.Public, writing("x"))
		if about, ok := errors.AsType[*fs.PathError](err); !ok || about.Path != path {
			t.Errorf("%s: %v, want an error about %s", name, err, path)
		}
	}
	expect(t, file, "kept", 0o600)
}

func TestCheckLeavesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "report")
	if err := atomicfile.Check(path); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the check left a file: %v", err)
	}
	if err := errors.Join(os.WriteFile(path, []byte("kept"), 0o600), atomicfile.Check(path)); err != nil {
		t.Error(err)
	}
	expect(t, path, "kept", 0o600)
}
