package sqlstore_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/receiver/sqlstore"
	"github.com/scrapehook/scrapehook/receiver/storetest"
)

// callers opens a database as a caller may have it open already: many
// connections, transactions that begin without the write lock, a table.
func callers(t *testing.T, path, pragmas string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path+"?_pragma=busy_timeout(60000)"+pragmas)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.ExecContext(t.Context(), `CREATE TABLE IF NOT EXISTS products (job INTEGER, n INTEGER, data TEXT); PRAGMA user_version = 42`); err != nil {
		t.Fatal(err)
	}
	return db
}

// writeProducts is an import function of the caller's. It overlooks that a row
// may be broken.
func writeProducts(ctx context.Context, tx *sql.Tx, imp receiver.Import, rows iter.Seq2[json.RawMessage, error]) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM products WHERE job = ?`, imp.JobID); err != nil {
		return err
	}
	n := 0
	for row := range rows {
		n++
		if _, err := tx.ExecContext(ctx, `INSERT INTO products VALUES (?, ?, ?)`, imp.JobID, n, string(row)); err != nil {
			return err
		}
	}
	return nil
}

func readFrom(db *sql.DB, query string) storetest.Read {
	return func(ctx context.Context, id int64) ([]json.RawMessage, error) {
		result, err := db.QueryContext(ctx, query, id)
		if err != nil {
			return nil, err
		}
		defer result.Close()
		var rows []json.RawMessage
		for result.Next() {
			var data string
			if err := result.Scan(&data); err != nil {
				return nil, err
			}
			rows = append(rows, json.RawMessage(data))
		}
		return rows, result.Err()
	}
}

// A caller's database is a sink like any other, with our table and with theirs.
func TestSinkInCallersDatabase(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		pragmas string
		write   sqlstore.Write
		query   string
	}{
		"our table":           {"&_pragma=journal_mode(WAL)", nil, `SELECT data FROM imported_rows WHERE job_id = ? ORDER BY n`},
		"a rollback journal":  {"", nil, `SELECT data FROM imported_rows WHERE job_id = ? ORDER BY n`},
		"an import function":  {"&_pragma=journal_mode(WAL)", writeProducts, `SELECT data FROM products WHERE job = ? ORDER BY n`},
		"one at a time, ours": {"&_txlock=immediate", nil, `SELECT data FROM imported_rows WHERE job_id = ? ORDER BY n`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Sink(t, func(t *testing.T) (receiver.Sink, storetest.Read) {
				t.Helper()
				db := callers(t, filepath.Join(t.TempDir(), "app.db"), tc.pragmas)
				rows, err := sqlstore.NewRows(t.Context(), db, tc.write)
				if err != nil {
					t.Fatal(err)
				}
				return rows, readFrom(db, tc.query)
			})
		})
	}
}

// Processes that start at once make the tables once, and touch nothing else.
func TestNewRowsAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "app.db")
	first := callers(t, path, "&_pragma=journal_mode(WAL)")
	var opening sync.WaitGroup
	for range 8 {
		db := callers(t, path, "")
		opening.Go(func() {
			if _, err := sqlstore.NewRows(t.Context(), db, nil); err != nil {
				t.Error(err)
			}
		})
	}
	opening.Wait()
	var version int
	if err := first.QueryRowContext(t.Context(), `PRAGMA user_version`).Scan(&version); err != nil || version != 42 {
		t.Errorf("the caller's version is %d, %v", version, err)
	}
}

func TestNewRowsRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ pragmas, statement, says string }{
		"commits that don't wait": {"&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)", ``, "synchronous=FULL"},
		"a later version": {"", `CREATE TABLE scrapehook_versions (version INTEGER PRIMARY KEY);
			INSERT INTO scrapehook_versions VALUES (1000)`, "version 1000"},
		"a table of that name": {"", `CREATE TABLE imported_rows (x)`, "imported_rows"},
	} {
		db := callers(t, filepath.Join(t.TempDir(), "app.db"), tc.pragmas)
		if _, err := db.ExecContext(t.Context(), tc.statement); err != nil {
			t.Fatal(err)
		}
		if _, err := sqlstore.NewRows(t.Context(), db, nil); err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: error %v, want one about %q", name, err, tc.says)
		}
	}
}

// A failing import function undoes the record with the rows.
func TestFailingWriteLeavesNothing(t *testing.T) {
	t.Parallel()
	failed := errors.New("no such product")
	rows, err := sqlstore.NewRows(t.Context(), callers(t, filepath.Join(t.TempDir(), "app.db"), ""),
		func(context.Context, *sql.Tx, receiver.Import, iter.Seq2[json.RawMessage, error]) error {
			return fmt.Errorf("importing: %w", failed)
		})
	if err != nil {
		t.Fatal(err)
	}
	if err := rows.Replace(t.Context(), "", receiver.Import{JobID: 7, Fingerprint: "f"}, storetest.RowsOf(nil, "{}")); !errors.Is(err, failed) {
		t.Errorf("error %v", err)
	}
	if f, err := rows.Fingerprint(t.Context(), 7); f != "" || err != nil {
		t.Errorf("recorded %q, %v", f, err)
	}
}

// An inbox alone makes no file for rows.
func TestOpenInbox(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "inbox.db")
	s, err := sqlstore.OpenInbox(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	storetest.Accept(t, s.Inbox, 7)
	if _, err := os.Stat(sqlstore.RowsPath(path)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file for rows: %v", err)
	}
}
