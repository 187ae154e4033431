package api_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/internal/api"
	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/fault"
	"github.com/scrapehook/scrapehook/internal/records"
	"github.com/scrapehook/scrapehook/internal/xlsx"
)

// awkward is a record with what tables get wrong.
const awkward = `{"plain":"a","quoted":"say \"x\", y","lines":"1\n2\r\n3","null":null,"number":1.50,"nested":{"a":[1]},"emoji":"😀"}`

// awkwardWorld has job 1 with no rows yet and job 2 with three, all of them
// from a file.
func awkwardWorld(t *testing.T, rows string) *world {
	t.Helper()
	path := filepath.Join(t.TempDir(), "records.jsonl")
	if err := os.WriteFile(path, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := records.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	w := newWorldOf(t, cloud.Config{Records: map[string]*records.File{"my-sitemap": file}}, api.Config{})
	sitemap := w.addSitemap()
	_, err = w.AddJob(cloud.JobSpec{ID: 1, SitemapID: sitemap})
	w.must(err)
	w.finish(cloud.JobSpec{ID: 2, SitemapID: sitemap}, -1)
	return w
}

func TestCSV(t *testing.T) {
	t.Parallel()
	w := awkwardWorld(t, awkward+"\n{\"plain\":\"b\"}\n")
	const header = "\ufeffplain,quoted,lines,null,number,nested,emoji\r\n"
	if got := w.call("GET", "scraping-job/1/csv", ""); got.status != 200 || got.body != header {
		t.Errorf("without data: %d %q", got.status, got.body)
	}
	got := w.call("GET", "scraping-job/2/csv", "").body
	want := header + "\"a\",\"say \"\"x\"\", y\",\"1\n2\r\n3\",\"\",\"1.50\",\"{\"\"a\"\":[1]}\",\"😀\"\r\n" +
		"\"b\",\"\",\"\",\"\",\"\",\"\",\"\"\r\n"
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if lines, err := csv.NewReader(strings.NewReader(got)).ReadAll(); err != nil || len(lines) != 3 {
		t.Errorf("it reads as %q, %v", lines, err)
	}
	if got := w.call("GET", "scraping-job/2/json", "").body; got != strings.ReplaceAll(awkward, "😀", `\ud83d\ude00`)+"\n{\"plain\":\"b\"}\n" {
		t.Errorf("the rows are %s", got)
	}
}

func TestCSVOfGeneratedRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, api.Config{})
	w.finish(cloud.JobSpec{ID: 1, SitemapID: w.addSitemap()}, 30)
	got := w.call("GET", "scraping-job/1/csv", "").body
	lines, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(got, "\ufeff"))).ReadAll()
	if err != nil || len(lines) != 31 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	if want := []string{"web-scraper-order", "web-scraper-start-url", "name"}; fmt.Sprint(lines[0]) != fmt.Sprint(want) {
		t.Errorf("the header is %q", lines[0])
	}
	if !regexp.MustCompile(`^\d{10}-\d+$`).MatchString(lines[30][0]) || lines[30][1] != "https://a.example/x?a=1&b=<2>" || lines[30][2] == "" {
		t.Errorf("the last row is %q", lines[30])
	}
}

func TestXLSX(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 40_000)
	w := awkwardWorld(t, awkward+"\n"+`{"plain":"`+long+`"}`+"\n")
	for path, rows := range map[string]int{"scraping-job/1/xlsx": 0, "scraping-job/2/xlsx": 2} {
		got := w.call("GET", path, "")
		if got.status != 200 || got.header.Get("Content-Type") != "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" {
			t.Fatalf("%s: %d, %s", path, got.status, got.header.Get("Content-Type"))
		}
		book, err := xlsx.NewReader(strings.NewReader(got.body), int64(len(got.body)))
		w.must(err)
		if fmt.Sprint(book.Header()) != "[plain quoted lines null number nested emoji]" {
			t.Errorf("%s: the header is %q", path, book.Header())
		}
		var sheet [][]string
		for {
			row, err := book.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			w.must(err)
			sheet = append(sheet, slices.Clone(row))
		}
		if len(sheet) != rows {
			t.Fatalf("%s has %d rows, want %d", path, len(sheet), rows)
		}
		if rows == 0 {
			continue
		}
		if want := []string{"a", `say "x", y`, "1\n2\r\n3", "", "1.50", `{"a":[1]}`, "😀"}; !slices.Equal(sheet[0], want) {
			t.Errorf("the first row is %q, want %q", sheet[0], want)
		}
		if cell := sheet[1][0]; cell != long[:xlsx.MaxCharacters] {
			t.Errorf("a long cell has %d characters", len(cell))
		}
	}
}

func TestGzipOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	faulty := false
	w := newWorld(t, api.Config{Fault: func(api.Call) fault.Fault {
		if faulty {
			return fault.Fault{Kind: fault.Stall}
		}
		return fault.Fault{}
	}})
	sitemap := w.addSitemap()
	w.finish(cloud.JobSpec{ID: 1, SitemapID: sitemap}, 1000)
	_, err := w.AddJob(cloud.JobSpec{ID: 2, SitemapID: sitemap})
	w.must(err)
	get := func(path, accept string) (encoding, body string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+path+"?api_token="+token, nil)
		w.must(err)
		req.Header.Set("Accept-Encoding", accept)
		resp, err := plain.Do(req)
		w.must(err)
		defer resp.Body.Close()
		raw, err := io.ReadAll(resp.Body)
		w.must(err)
		if encoding = resp.Header.Get("Content-Encoding"); encoding == "gzip" {
			unzip, err := gzip.NewReader(bytes.NewReader(raw))
			w.must(err)
			raw, err = io.ReadAll(unzip)
			w.must(err)
		}
		return encoding, string(raw)
	}
	for _, tc := range []struct{ path, accept, encoding string }{
		{"scraping-job/1/json", "", ""},
		{"scraping-job/1/json", "gzip", "gzip"},
		{"scraping-job/1/json", "br, GZIP;q=0.5", "gzip"},
		{"scraping-job/1/json", "gzip;q=0, br", ""},
		{"scraping-job/1/json", "identity", ""},
		{"scraping-job/2/json", "gzip", ""}, // an empty body stays empty
		{"scraping-job/2", "gzip", "gzip"},
		{"scraping-job/3", "gzip", "gzip"}, // an error
	} {
		_, want := get(tc.path, "")
		encoding, body := get(tc.path, tc.accept)
		if encoding != tc.encoding || body != want {
			t.Errorf("%s for %q is %q with %d bytes, want %q with %d", tc.path, tc.accept, encoding, len(body), tc.encoding, len(want))
		}
	}
	faulty = true
	if encoding, _ := get("scraping-job/1/json", "gzip"); encoding != "" {
		t.Errorf("an answer with a fault is %s, want it plain", encoding)
	}
}
