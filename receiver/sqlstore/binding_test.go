package sqlstore_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/receiver/sqlstore"
	"github.com/scrapehook/scrapehook/receiver/storetest"
)

// importJobs imports jobs as a receiver does: rows, then the end of the lease.
func importJobs(t *testing.T, s *sqlstore.Store, fingerprint string, jobs ...int64) {
	t.Helper()
	for _, id := range jobs {
		storetest.Accept(t, s.Inbox, id)
		l := storetest.Lease(t, s.Inbox, "a")
		previous, err := s.Rows.Fingerprint(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		imp := receiver.Import{JobID: id, Fingerprint: fingerprint, Rows: 1}
		if err := s.Rows.Replace(t.Context(), previous, imp, storetest.RowsOf(nil, "{}")); err != nil {
			t.Fatal(err)
		}
		if err := s.Inbox.Done(t.Context(), l, receiver.OutcomeImported); err != nil {
			t.Fatal(err)
		}
	}
}

// madeStore makes a store with the jobs 1 to 3 and closes it, and returns the
// content of the rows' file when it had the first alone.
func madeStore(t *testing.T) (path string, backup []byte) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "r.db")
	s := open(t, path)
	importJobs(t, s, "f1", 1)
	mustClose(t, s)
	backup, err := os.ReadFile(sqlstore.RowsPath(path))
	if err != nil {
		t.Fatal(err)
	}
	s = open(t, path)
	importJobs(t, s, "f1", 2, 3)
	importJobs(t, s, "f2", 1) // it was continued
	mustClose(t, s)
	return path, backup
}

func mustClose(t *testing.T, s *sqlstore.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestRowsThatWereReplaced starts on a rows' file that is not what it was: it is
// noticed, told until it is mended, and mended by importing again.
func TestRowsThatWereReplaced(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		replace func(t *testing.T, rows string, backup []byte) error
		missing []int64
	}{
		"as it was":              {func(*testing.T, string, []byte) error { return nil }, nil},
		"removed":                {func(_ *testing.T, rows string, _ []byte) error { return os.Remove(rows) }, []int64{1, 2, 3}},
		"emptied":                {func(_ *testing.T, rows string, _ []byte) error { return os.Truncate(rows, 0) }, []int64{1, 2, 3}},
		"restored from a backup": {func(_ *testing.T, rows string, backup []byte) error { return os.WriteFile(rows, backup, 0o600) }, []int64{1, 2, 3}},
		"a fresh store's":        {freshRows, []int64{1, 2, 3}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path, backup := madeStore(t)
			if err := tc.replace(t, sqlstore.RowsPath(path), backup); err != nil {
				t.Fatal(err)
			}
			for range 2 { // it is told at each start
				s := open(t, path)
				if s.Missing != int64(len(tc.missing)) {
					t.Errorf("%d imports are missing, want %d", s.Missing, len(tc.missing))
				}
				mustClose(t, s)
			}
			wantMissing(t, path, tc.missing)
			s := open(t, path)
			desk, err := sqlstore.OpenDesk(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := desk.RetryMissing(t.Context()); err != nil || n != len(tc.missing) {
				t.Errorf("%d are imported again, %v", n, err)
			}
			_ = desk.Close()
			for range tc.missing {
				l := storetest.Lease(t, s.Inbox, "b")
				previous, err := s.Rows.Fingerprint(t.Context(), l.JobID)
				if err == nil && previous != "f2" {
					err = s.Rows.Replace(t.Context(), previous, receiver.Import{JobID: l.JobID, Fingerprint: "f2", Rows: 1}, storetest.RowsOf(nil, "{}"))
				}
				if err == nil {
					err = s.Inbox.Done(t.Context(), l, receiver.OutcomeImported)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			mustClose(t, s)
			wantMissing(t, path, nil)
			if s := open(t, path); s.Missing != 0 {
				t.Errorf("%d imports are missing after they were done again", s.Missing)
			}
		})
	}
}

// freshRows puts the rows' file of a receiver that has imported nothing there.
func freshRows(t *testing.T, rows string, _ []byte) error {
	t.Helper()
	if err := os.Remove(rows); err != nil {
		return err
	}
	other := filepath.Join(t.TempDir(), "other.db")
	s, err := sqlstore.OpenInbox(t.Context(), other)
	if err != nil {
		return err
	}
	return s.Close()
}

func wantMissing(t *testing.T, path string, want []int64) {
	t.Helper()
	desk, err := sqlstore.OpenDesk(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer desk.Close()
	got, err := desk.Missing(t.Context(), 100)
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("missing %v, %v, want %v", got, err, want)
	}
	problems, err := desk.Check(t.Context())
	if err != nil || (len(problems) > 0) != (len(want) > 0) {
		t.Errorf("the check found %q, %v", problems, err)
	}
}

// Another inbox's rows are not written to.
func TestRowsOfAnotherInbox(t *testing.T) {
	t.Parallel()
	one, _ := madeStore(t)
	other, _ := madeStore(t)
	rows, err := os.ReadFile(sqlstore.RowsPath(other))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(sqlstore.RowsPath(one), rows, 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := sqlstore.Open(t.Context(), one); err == nil {
		_ = s.Close()
		t.Error("opened")
	} else if !strings.Contains(err.Error(), "r-rows.db") || !strings.Contains(err.Error(), "another inbox") {
		t.Error(err)
	}
	// A new inbox in the place of one that was lost takes the rows over.
	for _, name := range []string{other, other + "-lock"} {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	if s := open(t, other); s.Missing != 0 {
		t.Errorf("%d are missing", s.Missing)
	}
}

// A damaged file is called that, and not another's: whoever names another file
// leaves behind what this one holds.
func TestDamagedFiles(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		from, to int64 // of the bytes that are overwritten
		rows     bool  // of the rows' file
	}{
		"the head": {0, 100, false}, "the id": {68, 72, false}, "the rows' head": {0, 100, true},
		"the first page": {100, 4096, false}, "a page": {4096, 8192, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path, _ := madeStore(t)
			damaged := path
			if tc.rows {
				damaged = sqlstore.RowsPath(path)
			}
			file, err := os.OpenFile(damaged, os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			_, err = file.WriteAt(bytes.Repeat([]byte{0xa5}, int(tc.to-tc.from)), tc.from)
			if err != nil || file.Close() != nil {
				t.Fatal(err)
			}
			s, err := sqlstore.Open(t.Context(), path)
			if err == nil {
				_ = s.Close()
				t.Fatal("opened")
			}
			if text := err.Error(); strings.Contains(text, "other database") || !strings.Contains(text, damaged) || !strings.Contains(text, "backup") {
				t.Errorf("said %q", text)
			}
		})
	}
}

// Rows that are not as they were imported are found by the whole check.
func TestCheckCountsRows(t *testing.T) {
	t.Parallel()
	path, _ := madeStore(t)
	rows := callers(t, sqlstore.RowsPath(path), "")
	if _, err := rows.ExecContext(t.Context(), `DELETE FROM imported_rows WHERE job_id = 2`); err != nil {
		t.Fatal(err)
	}
	desk, err := sqlstore.OpenDesk(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer desk.Close()
	if problems, err := desk.Check(t.Context()); err != nil || len(problems) != 1 || !strings.Contains(problems[0], "job 2 has 0 rows, and had 1") {
		t.Errorf("found %q, %v", problems, err)
	}
}

// A second receiver can't have the same inbox by another name.
func TestOtherNamesOfAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "r.db")
	s := open(t, path)
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	refused := func(name, says string) {
		t.Helper()
		if s, err := sqlstore.Open(t.Context(), name); err == nil {
			_ = s.Close()
			t.Errorf("opened %s too", name)
		} else if !strings.Contains(err.Error(), says) {
			t.Error(err)
		}
	}
	refused(link, "another process is using it")
	hard := filepath.Join(dir, "hard.db")
	if err := os.Link(path, hard); err != nil {
		t.Fatal(err)
	}
	refused(hard, "2 names")
	if err := os.Remove(hard); err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	mustClose(t, open(t, link)) // one at a time may
}
