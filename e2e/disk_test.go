package e2e_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/receiver/sqlstore"
)

// mustRefuse notifies until it is refused, and expects that the next are refused
// too, and how. It returns the jobs that were acknowledged before: what the log
// has of its own to write over again takes a few.
func mustRefuse(t *testing.T, url string) (acked []int) {
	t.Helper()
	for id, refused := 1<<30, 0; refused < 20; id++ {
		code, header := notifyFor(t, url, fmt.Sprintf("scrapingjob_id=%d&status=started&sitemap_id=1", id))
		switch {
		case code == http.StatusServiceUnavailable && header.Get("Retry-After") != "":
			refused++
		case code == http.StatusOK && refused == 0 && len(acked) < 5000:
			acked = append(acked, id)
		default:
			t.Fatalf("answered %d with Retry-After %q, after %d were acknowledged and %d refused", code, header.Get("Retry-After"), len(acked), refused)
		}
	}
	return acked
}

// TestFullDisk fills the disk under a receiver, inbox and rows, in steady traffic:
// nothing is acknowledged that is not kept, and when there is room again, the same
// process goes on by itself.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	small, address := newDisk(t, "size=16m"), freeAddress(t)
	world := newWorld(t, address)
	victim := world.receiver(t, t.TempDir(), address, filepath.Join(small.at, "r.db"))
	victim.disk = small
	victim.start(t)
	waitFor(t, "some notifications are acknowledged", func() bool { return world.ackedJobs() > 20 })
	small.fill(t)
	acked := mustRefuse(t, "http://"+address+"/webhook")
	small.free(t)
	world.settle(t)
	waitFor(t, "every import is done", func() bool { return metric(t, address, "scrapehook_receiver_imports_wanted") == "0" })
	world.compare(t, readRows(small.database(t, "r-rows.db")))
	mustHold(t, small.database(t, "r.db"), acked)
	mustSay(t, victim, "could not keep notifications", "r.db: database or disk is full", "notifications are kept again")
}

// metric returns what a receiver's /metrics says of a metric without labels.
func metric(t *testing.T, address, name string) string {
	t.Helper()
	resp, err := http.Get("http://" + address + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(body)) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	t.Fatalf("%s is no metric", name)
	return ""
}

// mustHold expects the jobs in the inbox.
func mustHold(t *testing.T, store string, jobs []int) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+store+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, id := range jobs {
		var n int
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM inbox WHERE job_id = ?", id).Scan(&n); err != nil || n != 1 {
			t.Errorf("job %d was acknowledged, and is in the inbox %d times, %v", id, n, err)
		}
	}
}

// mustSay waits until the log of a receiver says something.
func mustSay(t *testing.T, p *process, texts ...string) {
	t.Helper()
	for _, want := range texts {
		waitFor(t, "the log says "+want, func() bool { return strings.Contains(p.log.String(), want) })
	}
}

// TestFullDiskDuringImports fills the disk that an import needs, while the inbox
// has room: what arrives is acknowledged, imports fail and leave nothing behind,
// and are done when there is room again.
func TestFullDiskDuringImports(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		// prepare returns the flags that put something on the disk, and how rows
		// are read.
		prepare func(t *testing.T, small *disk, store string) (flags []string, read func(id int64) ([]json.RawMessage, error))
		says    string
		leaves  string // a pattern of what would be left behind
	}{
		"spool":     {spoolOn, "writing the download to disk", "*"},
		"directory": {directoryOn, "writing the rows", ".unfinished-*"},
		"rows":      {rowsOn, "database or disk is full", "no file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			small, address, dir := newDisk(t, "size=16m"), freeAddress(t), t.TempDir()
			store := filepath.Join(dir, "r.db")
			flags, read := tc.prepare(t, small, store)
			world := newWorld(t, address)
			victim := world.receiver(t, dir, address, store, flags...)
			victim.disk = small
			victim.start(t)
			small.fill(t)
			waitFor(t, "an import fails", func() bool {
				l, err := backlog(t, store)
				return err == nil && l.Failing > 0
			})
			world.settle(t) // every notification is acknowledged all the same
			if left, err := filepath.Glob(small.path(tc.leaves)); err != nil || len(left) > 1 || len(left) == 1 && filepath.Base(left[0]) != filler {
				t.Errorf("left %v behind, %v", left, err)
			}
			o := scrapehook(t, "receive", "list", "--store", store)
			if !strings.Contains(o.stdout, tc.says) || !strings.Contains(o.stdout, "tried again in") {
				t.Errorf("listed\n%s\nwant an import with %q", o.stdout, tc.says)
			}
			small.free(t)
			awaitIdle(t, store)
			world.compare(t, read)
		})
	}
}

func spoolOn(_ *testing.T, small *disk, store string) ([]string, func(int64) ([]json.RawMessage, error)) {
	return []string{"--spool-dir", small.at}, readRows(sqlstore.RowsPath(store))
}

// rowsOn leaves the inbox where it is.
func rowsOn(t *testing.T, small *disk, store string) ([]string, func(int64) ([]json.RawMessage, error)) {
	t.Helper()
	if err := os.Symlink(filepath.Join(small.at, "rows.db"), sqlstore.RowsPath(store)); err != nil {
		t.Fatal(err)
	}
	return nil, func(id int64) ([]json.RawMessage, error) { return readRows(small.database(t, "rows.db"))(id) }
}

func readRows(path string) func(int64) ([]json.RawMessage, error) {
	return func(id int64) ([]json.RawMessage, error) {
		rows, err := sqlstore.OpenRows(path)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		return rows.Rows(context.Background(), id, 1000)
	}
}

func directoryOn(_ *testing.T, small *disk, _ string) ([]string, func(int64) ([]json.RawMessage, error)) {
	return []string{"--sink", "dir:" + small.at}, func(id int64) ([]json.RawMessage, error) {
		return readLines(small.path(strconv.FormatInt(id, 10) + ".jsonl"))
	}
}

// readLines reads the rows of a job from its file.
func readLines(path string) ([]json.RawMessage, error) {
	body, err := os.ReadFile(path)
	var rows []json.RawMessage
	for line := range bytes.Lines(body) {
		rows = append(rows, bytes.TrimSuffix(line, []byte("\n")))
	}
	return rows, err
}
