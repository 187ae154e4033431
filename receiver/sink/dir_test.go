package sink_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/receiver/sink"
	"github.com/scrapehook/scrapehook/receiver/storetest"
	"github.com/scrapehook/scrapehook/webhook"
)

func open(t *testing.T, path string, format sink.Format) *sink.Dir {
	t.Helper()
	d, err := sink.OpenDir(path, format)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestSink(t *testing.T) {
	t.Parallel()
	storetest.Sink(t, func(t *testing.T) (receiver.Sink, storetest.Read) {
		t.Helper()
		dir := filepath.Join(t.TempDir(), "made", "here")
		return open(t, dir, sink.JSONLines), func(_ context.Context, id int64) ([]json.RawMessage, error) {
			body, err := os.ReadFile(filepath.Join(dir, strconv.FormatInt(id, 10)+".jsonl"))
			if errors.Is(err, fs.ErrNotExist) {
				return nil, nil
			}
			var rows []json.RawMessage
			for line := range bytes.Lines(body) {
				rows = append(rows, json.RawMessage(bytes.TrimSuffix(line, []byte("\n"))))
			}
			return rows, err
		}
	})
}

func TestCSV(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		rows []string
		want string
	}{
		{"columns in the order in which they come up", []string{`{"b":"1","a":"2"}`, `{"c":"3","b":"4"}`}, "b,a,c\n1,2,\n4,,3\n"},
		{"quotes, commas, newlines", []string{`{"a":"say \"x\", y\nz"}`}, "a\n\"say \"\"x\"\", y\nz\"\n"},
		{"values that are no text", []string{`{"a":null,"b":1.50,"c":true,"d":{"x":[1]},"e":""}`}, "a,b,c,d,e\n,1.50,true,\"{\"\"x\"\":[1]}\",\n"},
		{"a name twice", []string{`{"a":"1","a":"2"}`}, "a\n2\n"},
		{"no rows", nil, ""},
		{"formulas", []string{`{"=a":"=1+1","b":"@x","c":"+371 123","d":"\t=1"}`}, "'=a,b,c,d\n'=1+1,'@x,'+371 123,'\t=1\n"},
		{"numbers with a sign", []string{`{"a":"-5","b":"+1.50","c":-7}`}, "a,b,c\n-5,+1.50,-7\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			imp := receiver.Import{JobID: 7, Status: webhook.Finished, Fingerprint: "f"}
			if err := open(t, dir, sink.CSV).Replace(t.Context(), "", imp, storetest.RowsOf(nil, tc.rows...)); err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(filepath.Join(dir, "7.csv")); string(got) != tc.want || err != nil {
				t.Errorf("wrote %q, %v, want %q", got, err, tc.want)
			}
		})
	}
}

// What is there is whole: a broken import leaves the earlier files and nothing
// else, and a killed one's remains go at the next start.
func TestNothingUnfinishedIsLeft(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := open(t, dir, sink.JSONLines)
	imp := receiver.Import{JobID: 7, Status: webhook.Stopped, Partial: true, SitemapName: "s", Rows: 1, Fingerprint: "f"}
	if err := d.Replace(t.Context(), "", imp, storetest.RowsOf(nil, "{}")); err != nil {
		t.Fatal(err)
	}
	if err := d.Replace(t.Context(), "f", imp, storetest.RowsOf(errors.New("broken"), "{}", "{}")); err == nil {
		t.Error("broken rows were written")
	}
	if err := os.WriteFile(filepath.Join(dir, ".unfinished-1"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, dir, sink.JSONLines)
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 {
		t.Errorf("there are %v, %v", entries, err)
	}
	body, err := os.ReadFile(filepath.Join(dir, "7.json"))
	var r sink.Record
	if err == nil {
		err = json.Unmarshal(body, &r)
	}
	if err != nil || r.File != "7.jsonl" || !r.Partial || r.Status != webhook.Stopped || r.RowCount != 1 || r.ImportedAt.IsZero() {
		t.Errorf("record %+v, %v", r, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sink.OpenDir(file, sink.JSONLines); err == nil {
		t.Error("opened a file")
	}
	if _, err := sink.OpenDir(t.TempDir(), "xml"); err == nil {
		t.Error("opened an unknown format")
	}
}
