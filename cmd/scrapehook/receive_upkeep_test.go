package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/upkeep"
	"github.com/scrapehook/scrapehook/internal/pgtest"
	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/receiver/pgstore"
	"github.com/scrapehook/scrapehook/receiver/sqlstore"
	"github.com/scrapehook/scrapehook/webhook"
)

// TestReceiveUpkeep looks after a store beside the receiver that owns it.
func TestReceiveUpkeep(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		store := filepath.Join(t.TempDir(), "r.db")
		testUpkeep(t, store, exitUsage, "does not exist", func() receiver.Store {
			s, err := sqlstore.Open(t.Context(), store)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			return s.Inbox
		})
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		var server pgtest.Server
		t.Cleanup(func() {
			if err := server.Stop(); err != nil {
				t.Error(err)
			}
		})
		store := server.Database(t)
		testUpkeep(t, store, exitHarness, "none in this database", func() receiver.Store {
			s, err := pgstore.Open(t.Context(), store)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			return s.Inbox
		})
	})
}

func testUpkeep(t *testing.T, store string, code int, missing string, open func() receiver.Store) {
	t.Helper()
	command := func(args ...string) (exit int, stdout, stderr string) {
		var out, errs strings.Builder
		exit = run(t.Context(), append([]string{"receive", "--store", store}, args...), &out, &errs)
		return exit, out.String(), errs.String()
	}
	for range 2 { // the first has made none
		if exit, _, errs := command("status"); exit != code || !strings.Contains(errs, missing) {
			t.Errorf("without a store: exit code %d: %s", exit, errs)
		}
	}
	leaveTwo(t, open())
	for _, tc := range []struct {
		args []string
		code int
		says []string
	}{
		{[]string{"status"}, 0, []string{"wanted   2", "have failed    1"}},
		{[]string{"status", "--output", "json"}, 0, []string{`"imports_wanted": 2`, `"imports_failing": 1`}},
		{[]string{"status", "--output", "xml"}, exitUsage, []string{`"xml"`}},
		{[]string{"list"}, 0, []string{"the cloud is down", "tried again in", "\n8 "}},
		{[]string{"list", "--limit", "0"}, exitUsage, []string{"--limit"}},
		{[]string{"retry", "7"}, 0, []string{"job 7: due now"}},
		{[]string{"retry", "9"}, exitBroken, []string{"job 9: unknown"}},
		{[]string{"retry", "9", "8", "--output", "json"}, exitBroken, []string{`"due": false`, `"due": true`}},
		{[]string{"retry", "seven"}, exitUsage, []string{`"seven"`}},
		{[]string{"retry"}, exitUsage, []string{"--missing"}},
		{[]string{"retry", "7", "--missing"}, exitUsage, []string{"--missing"}},
		{[]string{"check"}, 0, []string{"the store is whole"}},
		{[]string{"check", "--output", "json"}, 0, []string{`"whole": true`, `"problems": []`}},
		{[]string{"retry", "--missing"}, 0, []string{"0 imports"}},
	} {
		code, out, errs := command(tc.args...)
		for _, want := range tc.says {
			if code != tc.code || !strings.Contains(out+errs, want) {
				t.Errorf("%v: exit code %d, said %q, want %d and %q", tc.args, code, out+errs, tc.code, want)
			}
		}
	}
	_, out, _ := command("list", "--output", "json")
	var list []upkeep.Import
	if err := json.Unmarshal([]byte(out), &list); err != nil || len(list) != 2 {
		t.Fatalf("listed %s, %v", out, err)
	}
	failed := list[0]
	if failed.Attempts == 0 {
		failed = list[1]
	}
	if failed.LastError != "the cloud is down" || failed.State != upkeep.Due || failed.WantedSince == nil || failed.Next.IsZero() {
		t.Errorf("listed %+v", failed)
	}
}

// leaveTwo leaves the imports of jobs 7 and 8 wanted, one of which has failed.
func leaveTwo(t *testing.T, s receiver.Store) {
	t.Helper()
	for id := range int64(2) {
		a := receiver.Arrival{ReceivedAt: time.Now(), Wanted: true,
			Notification: webhook.Notification{JobID: 7 + id, Status: webhook.Finished, SitemapID: 1}}
		if err := s.Accept(t.Context(), []receiver.Arrival{a}); err != nil {
			t.Fatal(err)
		}
	}
	var lease receiver.Lease
	for ok := false; !ok; { // times are rounded up
		var err error
		if lease, ok, err = s.Lease(t.Context(), "a", time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Retry(t.Context(), lease, time.Hour, "the cloud is down"); err != nil {
		t.Fatal(err)
	}
}

// TestReceiveMissingRows loses the file of the rows: the check finds it, the start
// says it, and retry has the rows imported again.
func TestReceiveMissingRows(t *testing.T) {
	store := filepath.Join(t.TempDir(), "r.db")
	s, err := sqlstore.Open(t.Context(), store)
	if err != nil {
		t.Fatal(err)
	}
	leaveTwo(t, s.Inbox)
	var lease receiver.Lease
	for ok := false; !ok && err == nil; { // times are rounded up
		lease, ok, err = s.Inbox.Lease(t.Context(), "a", time.Hour)
	}
	if err == nil {
		err = s.Inbox.Done(t.Context(), lease, receiver.OutcomeImported)
	}
	if err := errors.Join(err, s.Close(), os.Remove(sqlstore.RowsPath(store))); err != nil {
		t.Fatal(err)
	}
	command := func(args ...string) (int, string) {
		var out strings.Builder
		return run(t.Context(), append([]string{"receive", "--store", store}, args...), &out, &out), out.String()
	}
	if code, said := command("check"); code != exitBroken || !strings.Contains(said, "the rows of 1 imports are missing") {
		t.Errorf("check: exit code %d, said %q", code, said)
	}
	t.Setenv("PORT", "0")
	if _, log := receiveOnce(t, "--store", store); !strings.Contains(log, "rows are missing") || !strings.Contains(log, "imports=1") {
		t.Errorf("the start said %q", log)
	}
	if code, said := command("retry", "--missing"); code != 0 || !strings.Contains(said, "1 imports") {
		t.Errorf("retry: exit code %d, said %q", code, said)
	}
	if code, said := command("check"); code != 0 {
		t.Errorf("check: exit code %d, said %q", code, said)
	}
}
