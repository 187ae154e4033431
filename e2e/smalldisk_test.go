package e2e_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// disk is a disk of its own for one process: a small one, in the memory, that is
// mounted where only the process sees it, and that goes with the process.
type disk struct {
	at      string // where the process sees it
	options string // of the mount
	cmd     *exec.Cmd
}

func newDisk(t *testing.T, options string) *disk {
	t.Helper()
	needs(t, "mount")
	return &disk{at: t.TempDir(), options: options}
}

// mountFor makes cmd begin in a mount namespace of its own, in which the disk is.
func (d *disk) mountFor(cmd *exec.Cmd) {
	args := []string{"unshare", "--mount"}
	if os.Getuid() != 0 {
		args = append(args, "--map-root-user")
	}
	args = append(args, "sh", "-c", `mount -t tmpfs -o "$0" tmpfs "$1" && shift && exec "$@"`, d.options, d.at, cmd.Path)
	cmd.Args = append(args, cmd.Args[1:]...)
	cmd.Path, cmd.Err = exec.LookPath(args[0])
	d.cmd = cmd
}

// path is the way to a file of the disk for everyone else, as long as the process
// lives.
func (d *disk) path(name string) string {
	return filepath.Join("/proc", strconv.Itoa(d.cmd.Process.Pid), "root", d.at, name)
}

// database copies a database from the disk to where SQLite can read it: SQLite
// resolves the links in a path by itself, and so finds no way there. Nobody may be
// writing to it.
func (d *disk) database(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	for _, file := range []string{name, name + "-wal"} {
		content, err := os.ReadFile(d.path(file))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, file), content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, name)
}

const filler = "filler"

// fill leaves not one byte.
func (d *disk) fill(t *testing.T) {
	t.Helper()
	file, err := os.Create(d.path(filler))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for size := 64 << 10; size > 0; {
		if _, err = file.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("filling the disk ended with %v", err)
	}
}

func (d *disk) free(t *testing.T) {
	t.Helper()
	if err := os.Remove(d.path(filler)); err != nil {
		t.Fatal(err)
	}
}
