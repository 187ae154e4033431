package sqlprobe_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/scrapehook/scrapehook/scenarios/probe"
	"github.com/scrapehook/scrapehook/scenarios/probe/sqlprobe"
)

func TestSQL(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "some rows?.db")
	read := func(query string) (probe.Reading, error) {
		t.Helper()
		p, err := probe.Parse([]probe.Kind{sqlprobe.Kind()}, "sql:"+path, probe.Options{Query: query})
		if err != nil {
			t.Fatal(err)
		}
		return p.Read(t.Context(), 7)
	}
	if r, err := read("SELECT count(*) FROM rows WHERE job = {job}"); err != nil || r.Rows != 0 {
		t.Errorf("no file yet: %+v, %v", r, err)
	}
	db, err := sql.Open("sqlite", "file:"+strings.ReplaceAll(path, "?", "%3f"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), `CREATE TABLE rows (job INTEGER, title TEXT, n INTEGER, data TEXT);
		INSERT INTO rows VALUES (7, 'a', 1, '{"title":"a"}'), (7, 'b', NULL, '{"title":"b"}'), (8, 'c', 3, 'no object')`); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		query   string
		rows    int
		records string // joined
		fails   string
	}{
		{"SELECT count(*) FROM rows WHERE job = {job}", 2, "", ""},
		{"SELECT data FROM rows WHERE job = {job} ORDER BY n DESC", 2, `{"title":"a"} {"title":"b"}`, ""},
		{"SELECT title, n FROM rows WHERE job = {job} ORDER BY title", 2, `{"n":1,"title":"a"} {"n":null,"title":"b"}`, ""},
		{"SELECT title, n FROM rows WHERE job = {job}+99", 0, "", ""},
		{"SELECT data FROM rows WHERE job = {job}+1", 0, "", "want JSON objects"},
		{"SELECT n FROM rows WHERE n > 0 AND job >= {job}", 0, "", "several numbers"},
		{"SELECT absent FROM rows WHERE job = {job}", 0, "", "no such column"},
		{"DELETE FROM rows WHERE job = {job}", 0, "", "readonly"},
	} {
		r, err := read(tc.query)
		if tc.fails != "" {
			if err == nil || !strings.Contains(err.Error(), tc.fails) {
				t.Errorf("%s: error %v, want %q in it", tc.query, err, tc.fails)
			}
			continue
		}
		var records []string
		for _, record := range r.Records {
			records = append(records, string(record))
		}
		if err != nil || r.Rows != tc.rows || strings.Join(records, " ") != tc.records {
			t.Errorf("%s: %d rows %s, %v", tc.query, r.Rows, records, err)
		}
	}
	if _, err := probe.Parse([]probe.Kind{sqlprobe.Kind()}, "sql:"+path, probe.Options{}); err == nil {
		t.Error("a probe without a query was accepted")
	}
	if p, err := probe.Parse([]probe.Kind{sqlprobe.Kind()}, "sql:postgres://u:secret@127.0.0.1/db", probe.Options{Query: "{job}"}); err != nil || strings.Contains(p.Name(), "secret") {
		t.Errorf("the password is in the name: %v, %v", p, err)
	}
}

// TestAddresses: what there is no driver for is refused, and not taken for a file.
func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, dsn := range []string{"sqlserver://sa@db/x", "mongodb://db/x", "oracle://db"} {
		if _, err := sqlprobe.New(dsn, "SELECT {job}"); err == nil || !strings.Contains(err.Error(), "no driver") {
			t.Errorf("%s: %v", dsn, err)
		}
	}
	for _, dsn := range []string{"mysql://u:p@127.0.0.1/db", "mariadb://u@127.0.0.1:3307/db", "sqlite:rows.db", "rows.db"} {
		if _, err := sqlprobe.New(dsn, "SELECT {job}"); err != nil {
			t.Errorf("%s: %v", dsn, err)
		}
	}
}

// TestSumOfNothing: NULL in place of a count is no row.
func TestSumOfNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "rows.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE counts (job INTEGER, n INTEGER)"); err != nil {
		t.Fatal(err)
	}
	p, err := sqlprobe.New(path, "SELECT sum(n) FROM counts WHERE job = {job}")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := p.Read(t.Context(), 7); err != nil || got.Rows != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}
