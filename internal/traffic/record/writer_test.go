package record_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/scrapehook/scrapehook/internal/delivery"
	"github.com/scrapehook/scrapehook/internal/traffic/record"
)

var acked = record.Delivery{Index: 1, Attempt: 1, Reason: delivery.Acked, Code: 204, Form: []byte("a=b")}

func created(t *testing.T, path string) *record.Writer {
	t.Helper()
	w, err := record.Create(path, []string{"http://u:s3cret@127.0.0.1/?token=s3cret", "http://127.0.0.1/2"}, "2022")
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func files(t *testing.T, dir string) int {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestAnEarlierRecordStaysUntilThereIsANewOne(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "record")
	if err := os.WriteFile(path, []byte("yesterday's"), 0o644); err != nil {
		t.Fatal(err)
	}
	w := created(t, path)
	if got := content(t, path); got != "yesterday's" {
		t.Errorf("when it is begun, the file has %q", got)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := content(t, path); got != "yesterday's" || files(t, dir) != 1 {
		t.Errorf("without a delivery, the file has %q, and there are %d", got, files(t, dir))
	}
	w = created(t, path)
	w.Add(acked)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	got := content(t, path)
	if !strings.Contains(got, `"reason":"acked"`) || files(t, dir) != 1 {
		t.Errorf("the file has %q, and there are %d", got, files(t, dir))
	}
	if strings.Contains(got, "s3cret") || !strings.Contains(got, "http://REDACTED@127.0.0.1/?token=REDACTED http://127.0.0.1/2") {
		t.Errorf("the header shows the endpoint's secrets: %q", got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v, %v", info.Mode(), err)
	}
}

func TestAKillLosesASecondAtMost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "record")
		w := created(t, path)
		for range 3 {
			w.Add(acked)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if _, err := record.Read(strings.NewReader(content(t, path)), 1); err != nil || strings.Count(content(t, path), "\n") != 4 {
			t.Errorf("after a second the file has %q, %v", content(t, path), err)
		}
		w.Add(acked)
		if err := w.Close(); err != nil || strings.Count(content(t, path), "\n") != 5 {
			t.Errorf("in the end the file has %q, %v", content(t, path), err)
		}
		w.Add(acked)
		if err := w.Close(); err != nil {
			t.Errorf("a second end: %v", err)
		}
	})
}

func TestARecordInAFolderOfOthers(t *testing.T) {
	t.Parallel()
	if os.Getuid() == 0 {
		// The superuser may write into any folder; a link to a file that is not
		// there is followed all the same.
		dir := t.TempDir()
		if err := os.Symlink(filepath.Join(dir, "target"), filepath.Join(dir, "link")); err != nil {
			t.Fatal(err)
		}
		w := created(t, filepath.Join(dir, "link"))
		w.Add(acked)
		if err := w.Close(); err != nil || !strings.Contains(content(t, filepath.Join(dir, "link")), "acked") {
			t.Errorf("a link: %v", err)
		}
		return
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "record")
	if err := errors.Join(os.WriteFile(path, []byte("yesterday's, and longer than today's"), 0o600), os.Chmod(dir, 0o500)); err != nil {
		t.Fatal(err)
	}
	w := created(t, path)
	if got := content(t, path); !strings.HasPrefix(got, "yesterday's") {
		t.Errorf("when it is begun, the file has %q", got)
	}
	w.Add(acked)
	if err := w.Close(); err != nil || strings.Contains(content(t, path), "yesterday") {
		t.Errorf("the file has %q, %v", content(t, path), err)
	}
}

func TestCreateRefuses(t *testing.T) {
	t.Parallel()
	for _, path := range []string{t.TempDir(), filepath.Join(t.TempDir(), "not", "there")} {
		if _, err := record.Create(path, nil, "2022"); err == nil {
			t.Errorf("%s is taken", path)
		}
	}
}

func TestAFullDiskIsSaid(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("this system has no /dev/full")
	}
	w := created(t, "/dev/full")
	w.Add(acked)
	if err := w.Close(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("the record ended with %v", err)
	}
}
