package e2e_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/sitemaps/sitemaptest"
)

// drawnFrom is the seed of sitemaps that are drawn.
const drawnFrom = 20261126

// csvParse is the version of npm's most used CSV reader.
const csvParse = "csv-parse@5.6.0"

// Sitemaps whose downloads are read. In the values of plain no quote and no line
// end occurs, which is all that some programs read.
const (
	plainSitemap = `{"_id":"plain","startUrl":["https://shop.example/a?b=1&c=2"],"selectors":[
		{"id":"sku","type":"SelectorText"},{"id":"product","type":"SelectorLink"},{"id":"photo","type":"SelectorImage"},
		{"id":"price","type":"SelectorText"},{"id":"city","type":"SelectorText"}]}`
	richSitemap = `{"_id":"rich","startUrl":["https://shop.example/[1-5]"],"selectors":[
		{"id":"product","type":"SelectorLink"},{"id":"description","type":"SelectorHTML"},{"id":"photos","type":"SelectorGroup","extractAttribute":"href"},
		{"id":"цена, €","type":"SelectorText"},{"id":"price","type":"SelectorElementAttribute"},
		{"id":"specs","type":"SelectorTable","columns":[{"name":"Weight \"net\"","extract":true},{"name":"Size","extract":true},{"name":"Not","extract":false}]},
		{"id":"pages","type":"SelectorPagination"}]}`
)

// TestImportersReadTheSame has downloads read in the ways that importers read
// them: each must find the columns and values that the others find.
func TestImportersReadTheSame(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"node", "npm", "openpyxl", "pandas", "php", "ruby"} {
		needs(t, tool)
	}
	clients := t.TempDir()
	if err := os.CopyFS(clients, os.DirFS(filepath.Join("testdata", "clients"))); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel) // the parts go on after this function
	if out, err := exec.CommandContext(ctx, "npm", "install", "--no-audit", "--no-fund", "--prefix", clients, csvParse).CombinedOutput(); err != nil {
		t.Fatalf("installing %s: %v\n%s", csvParse, err, out)
	}
	const python = "/usr/bin/python3"
	readers := []struct {
		format  string
		command []string // and the file's name
		plain   bool     // reads nothing but plain values
		options []string // after the file's name
	}{
		{"csv", []string{python, "csv_module.py"}, false, nil},
		{"csv", []string{python, "pandas_csv.py"}, false, nil},
		{"csv", []string{"php", "fgetcsv.php"}, true, nil},
		{"csv", []string{"php", "fgetcsv.php"}, false, []string{""}},
		{"csv", []string{"ruby", "csv.rb"}, false, nil},
		{"csv", []string{"node", "csv_parse.js"}, false, nil},
		{"csv", []string{"node", "split.js"}, true, nil},
		{"json", []string{python, "pandas_json.py"}, false, nil},
		{"json", []string{"php", "json_lines.php"}, false, nil},
		{"json", []string{"node", "json_lines.js"}, false, nil},
		{"xlsx", []string{python, "pandas_xlsx.py"}, false, nil},
	}
	type sample struct {
		sitemap string
		flags   []string
		plain   bool
	}
	samples := map[string]sample{
		"plain":                     {plainSitemap, nil, true},
		"rich":                      {richSitemap, nil, false},
		"rich, every script":        {richSitemap, []string{"--script", "mixed", "--currency", "EUR", "--dates", "long"}, false},
		"rich, many missing values": {richSitemap, []string{"--missing", "40%", "--raw-unicode"}, false},
	}
	draw := rand.New(rand.NewPCG(drawnFrom, 0))
	for n := range 4 {
		samples[fmt.Sprintf("drawn from %d, number %d", drawnFrom, n)] = sample{sitemap: sitemaptest.Any(draw)}
	}
	for name, tc := range samples {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			sitemap := filepath.Join(dir, "sitemap.json")
			if err := os.WriteFile(sitemap, []byte(tc.sitemap), 0o600); err != nil {
				t.Fatal(err)
			}
			files := downloads(t, dir, sitemap, tc.flags)
			want := encodingCSV(t, files["csv"])
			if len(want) != 61 || !slices.Equal(want[0][:2], []string{"web-scraper-order", "web-scraper-start-url"}) {
				t.Fatalf("%d rows, the first is %q", len(want), want[0])
			}
			for _, reader := range readers {
				if reader.plain && !tc.plain {
					continue
				}
				cmd := exec.CommandContext(ctx, reader.command[0], slices.Concat(reader.command[1:], []string{files[reader.format]}, reader.options)...)
				cmd.Dir = clients
				var errors strings.Builder
				cmd.Stderr = &errors
				out, err := cmd.Output()
				var got [][]string
				if err == nil {
					err = json.Unmarshal(out, &got)
				}
				if err != nil {
					t.Errorf("%q: %v %s", reader.command, err, errors.String())
				} else if at := firstDifference(got, want); at >= 0 {
					t.Errorf("%q differs in row %d of %d:\n%q\n%q", reader.command, at, len(got), got[min(at, len(got)-1)], want[min(at, len(want)-1)])
				}
			}
		})
	}
}

// downloads downloads a job's 60 rows in each form, and holds them against what
// records prints of the same job. The files are returned by their form.
func downloads(t *testing.T, dir, sitemap string, flags []string) map[string]string {
	t.Helper()
	cloud := startCloud(t, append([]string{"--sitemap", sitemap, "--seed", "16", "--rows", "60", "--job-time", "100ms"}, flags...)...)
	call := func(method, path, body string) (data struct {
		ID     int64
		Status string
	}) {
		t.Helper()
		var answer struct{ Data json.RawMessage }
		err := cloud.do(t, method, cloud.APIURL+path+"?api_token="+cloud.Token, body, &answer)
		if err == nil {
			err = json.Unmarshal(answer.Data, &data)
		}
		if err != nil {
			t.Fatalf("%s %s: %v", method, path, err)
		}
		return data
	}
	text, err := os.ReadFile(sitemap)
	if err != nil {
		t.Fatal(err)
	}
	added := call(http.MethodPost, "sitemap", string(text))
	job := call(http.MethodPost, "scraping-job", fmt.Sprintf(`{"sitemap_id":%d,"driver":"fast","page_load_delay":2000,"request_interval":2000}`, added.ID)).ID
	path := fmt.Sprintf("scraping-job/%d", job)
	waitFor(t, "the job has finished", func() bool { return call(http.MethodGet, path, "").Status == "finished" })
	files := map[string]string{}
	for _, format := range []string{"json", "csv", "xlsx"} {
		files[format] = filepath.Join(dir, "rows."+format)
		got := fetched(t, cloud.APIURL+path+"/"+format+"?api_token="+cloud.Token)
		if err := os.WriteFile(files[format], got, 0o600); err != nil {
			t.Fatal(err)
		}
		args := append([]string{"records", sitemap, "--rows", "60", "--seed", "16", "--job", strconv.FormatInt(job, 10), "--format", format}, flags...)
		if out := scrapehook(t, args...); out.code != 0 || out.stdout != string(got) {
			t.Errorf("%q: %d %s; %d bytes, and the download has %d", args, out.code, out.stderr, len(out.stdout), len(got))
		}
	}
	return files
}

// fetched is what a URL answers.
func fetched(t *testing.T, url string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", url, resp.StatusCode, err)
	}
	return body
}

// encodingCSV reads a download with Go's library, which does not know the mark at
// its beginning.
func encodingCSV(t *testing.T, path string) [][]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	table, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(text), "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// firstDifference is the first row in which two tables differ, or -1.
func firstDifference(a, b [][]string) int {
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || !slices.Equal(a[i], b[i]) {
			return i
		}
	}
	return -1
}

// TestVendorsPHPSDK makes the calls of the vendor's PHP SDK as it makes them.
func TestVendorsPHPSDK(t *testing.T) {
	t.Parallel()
	needs(t, "php")
	needs(t, "guzzle")
	cloud := startCloud(t, "--token", "s3cret", "--job-time", "1s", "--rows", "40")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	walk := exec.CommandContext(ctx, "php", filepath.Join("testdata", "clients", "sdk.php"), cloud.APIURL, cloud.Token, t.TempDir())
	if out, err := walk.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s\nthe cloud's log:\n%s", err, out, cloud.log)
	}
}
