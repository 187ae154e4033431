package probe_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/scenarios/probe"
)

func parse(t *testing.T, spec string) probe.Probe {
	t.Helper()
	p, err := probe.Parse(probe.Kinds(), spec, probe.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestParse(t *testing.T) {
	t.Parallel()
	for spec, ok := range map[string]bool{
		"file:rows.jsonl": true, "cmd:echo 1": true, "http:http://127.0.0.1/rows/{job}": true,
		"http://127.0.0.1/rows/{job}": true, "https://127.0.0.1/{job}": true,
		"": false, "file:": false, "rows.jsonl": false, "ftp:x": false,
		"http://127.0.0.1/rows": false, "http:{job}": false, "http:ftp://127.0.0.1/{job}": false,
	} {
		if p, err := probe.Parse(probe.Kinds(), spec, probe.Options{}); (err == nil) != ok || (p != nil) != ok {
			t.Errorf("%q: %v, %v", spec, p, err)
		}
	}
	if p, err := probe.Parse(probe.Kinds(), "api", probe.Options{}); p != nil || err != nil {
		t.Errorf("api: %v, %v, want nothing to add", p, err)
	}
}

func TestFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "rows.jsonl")
	p := parse(t, "file:"+path)
	read := func(job int64) probe.Reading {
		t.Helper()
		r, err := p.Read(t.Context(), job)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if r := read(7); r.Rows != 0 || r.Records == nil {
		t.Errorf("no file: %+v, want no rows, seen", r)
	}
	// Ids are whole numbers of any size, written as numbers or as text.
	write("{\"scrapingjob_id\":7,\"a\":1}\r\n\n{\"scrapingjob_id\":\"7\"}\n{\"scrapingjob_id\":9007199254741003}\n{\"a\":2}\nnull\n<html>\n")
	if r := read(7); r.Rows != 2 || r.Malformed != 2 {
		t.Errorf("%+v, want 2 rows and 2 malformed lines", r)
	}
	if r := read(9007199254741003); r.Rows != 1 {
		t.Errorf("a large id: %+v", r)
	}
	if r := read(9007199254741004); r.Rows != 0 {
		t.Errorf("the id beside it: %+v", r)
	}
	// What is being written is not counted before it is whole, nor taken for
	// malformed.
	write("{\"scrapingjob_id\":7}\n{\"scrapingj")
	if r := read(7); r.Rows != 1 || r.Malformed != 0 {
		t.Errorf("%+v, want 1 row", r)
	}
	// Rewritten to the same size at once: the change must be seen.
	write("{\"scrapingjob_id\":8}\n")
	if r := read(8); r.Rows != 1 {
		t.Errorf("%+v", r)
	}
	write("{\"scrapingjob_id\":9}\n")
	if r := read(8); r.Rows != 0 {
		t.Errorf("rewritten: %+v", r)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if r := read(9); r.Rows != 0 {
		t.Errorf("removed: %+v", r)
	}
	if _, err := parse(t, "file:"+filepath.Dir(path)).Read(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Errorf("a directory: %v", err)
	}
}

func TestFileJobField(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "rows.jsonl")
	if err := os.WriteFile(path, []byte(`{"job":7}`+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r, err := probe.NewFile(path, "job").Read(t.Context(), 7); err != nil || r.Rows != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestHTTP(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/7":
			fmt.Fprint(w, `{"rows":2,"records":[{"a":1},{"a":2}]}`)
		case "/8":
			fmt.Fprint(w, `{"rows":3}`)
		case "/9":
			w.WriteHeader(http.StatusNotFound)
		case "/10":
			fmt.Fprint(w, `{"count":3}`)
		case "/11":
			fmt.Fprint(w, `{"rows":3,"records":[]}`)
		default:
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	defer server.Close()
	p := parse(t, "http:"+server.URL+"/{job}")
	for job, want := range map[int64]struct {
		rows, records int
		ok            bool
	}{7: {2, 2, true}, 8: {3, 0, true}, 9: {0, 0, true}, 10: {}, 11: {}, 12: {}} {
		r, err := p.Read(t.Context(), job)
		if (err == nil) != want.ok || r.Rows != want.rows || len(r.Records) != want.records {
			t.Errorf("job %d: %+v, %v", job, r, err)
		}
	}
}

func TestCommand(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		command string
		rows    int
		fails   string
	}{
		{`echo '{"rows": {job}}'`, 7, ""},
		{`echo $SCRAPINGJOB_ID`, 7, ""},
		{`echo many`, 0, `want {"rows": N}`},
		{`echo -1`, 0, "none or more"},
		{`echo no such table >&2; exit 3`, 0, "no such table"},
	} {
		r, err := parse(t, "cmd:"+tc.command).Read(t.Context(), 7)
		switch {
		case tc.fails == "" && (err != nil || r.Rows != tc.rows):
			t.Errorf("%s: %+v, %v", tc.command, r, err)
		case tc.fails != "" && (err == nil || !strings.Contains(err.Error(), tc.fails)):
			t.Errorf("%s: error %v, want %q in it", tc.command, err, tc.fails)
		}
	}
}

// TestFileExplains: a probe that sees nothing says why.
func TestFileExplains(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "none.jsonl"):                          "finds no file",
		write("stray.jsonl", `{"job":7,"title":"x"}`+"\n"):        `without the field "scrapingjob_id" that names their job; they have: job, title`,
		write("other.jsonl", `{"scrapingjob_id":8,"t":"x"}`+"\n"): "no row of the job",
	} {
		p := probe.NewFile(path, "")
		if _, err := p.Read(t.Context(), 7); err != nil {
			t.Fatal(err)
		}
		if got := p.Explain(t.Context(), 7); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q in it", path, got, want)
		}
	}
}

// TestFileOfEachJob: with {job} in its path, a file has the rows of one job.
func TestFileOfEachJob(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "7.jsonl"), []byte("{\"t\":1}\n{\"t\":2}\nnot JSON\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := probe.NewFile(filepath.Join(dir, "{job}.jsonl"), "")
	if got, err := p.Read(t.Context(), 7); err != nil || got.Rows != 2 || got.Malformed != 1 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := p.Read(t.Context(), 8); err != nil || got.Rows != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}
