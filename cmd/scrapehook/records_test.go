package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/internal/xlsx"
)

const productsJSON = `{"_id":"products","startUrl":"https://shop.example/list","selectors":[` +
	`{"id":"product","parentSelectors":["_root"],"type":"SelectorLink","selector":"a","multiple":true},` +
	`{"id":"price","parentSelectors":["product"],"type":"SelectorText","selector":".price","multiple":false}]}`

// inFile writes a file into a folder of its own.
func inFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRecords(t *testing.T) {
	t.Parallel()
	sitemap := inFile(t, "products.json", productsJSON)
	printed := func(args ...string) string {
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), append([]string{"records"}, args...), &stdout, &stderr); code != 0 {
			t.Fatalf("%v: %d, %s", args, code, stderr.String())
		}
		return stdout.String()
	}
	rows := printed(sitemap, "--rows", "20", "--seed", "5", "--job", "77")
	if rows != printed(sitemap, "--rows", "20", "--seed", "5", "--job", "77") || rows == printed(sitemap, "--rows", "20", "--seed", "6", "--job", "77") {
		t.Error("the seed does not decide the rows")
	}
	lines := strings.Split(strings.TrimSuffix(rows, "\n"), "\n")
	if len(lines) != 20 {
		t.Fatalf("%d lines", len(lines))
	}
	for _, line := range lines {
		var row map[string]*string
		if err := json.Unmarshal([]byte(line), &row); err != nil || len(row) != 5 || *row["web-scraper-start-url"] != "https://shop.example/list" {
			t.Errorf("%s: %v", line, err)
		}
	}
	table, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(printed(sitemap, "--format", "csv", "--rows", "3"), "\ufeff"))).ReadAll()
	if err != nil || len(table) != 4 || strings.Join(table[0], " ") != "web-scraper-order web-scraper-start-url product product-href price" {
		t.Errorf("as CSV: %q, %v", table, err)
	}
	path := filepath.Join(t.TempDir(), "rows.xlsx")
	if got := printed("--format", "xlsx", "--rows", "3", "--output", path); got != "" {
		t.Errorf("stdout has %q", got)
	}
	book, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := xlsx.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil || reader.Header()[2] != "title" {
		t.Errorf("as XLSX: %v", err)
	}
	if got := printed(sitemap, "--rows", "0"); got != "" {
		t.Errorf("no rows are %q", got)
	}
	all := printed(sitemap, "--rows", "300", "--missing", "price=100%", "--script", "greek", "--raw-unicode")
	if !strings.Contains(all, `"price":null`) || strings.Contains(all, `"price":"`) || strings.Contains(all, `\u03`) {
		t.Errorf("the options do nothing: %.300s", all)
	}
}

func TestRecordsRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"a sitemap that is not there", []string{"/nowhere/shop.json"}, exitUsage, "/nowhere/shop.json"},
		{"a sitemap that is wrong", []string{inFile(t, "bad.json", `{"_id":"shop"}`)}, exitUsage, "sitemap_object.startUrl"},
		{"an unknown format", []string{"--format", "xml"}, exitUsage, `"xml"`},
		{"negative rows", []string{"--rows", "-1"}, exitUsage, "--rows"},
		{"no job", []string{"--job", "0"}, exitUsage, "--job"},
		{"a share that is none", []string{"--missing", "much"}, exitUsage, `"much"`},
		{"an unknown script", []string{"--script", "runic"}, exitUsage, `"runic"`},
		{"an unknown currency", []string{"--currency", "XXX"}, exitUsage, `"XXX"`},
		{"an unknown extension", []string{"--extension", "3"}, exitUsage, `"3"`},
		{"an output that can't be written", []string{"--output", "/nowhere/rows"}, exitUsage, "/nowhere/rows"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var stderr bytes.Buffer
			if code := run(t.Context(), append([]string{"records"}, tc.args...), io.Discard, &stderr); code != tc.code || !strings.Contains(stderr.String(), tc.says) {
				t.Errorf("exit %d: %s", code, stderr.String())
			}
		})
	}
}

// TestCloudWithOwnData: a sitemap and rows of a user's own are there at the start,
// and refused when they do not fit.
func TestCloudWithOwnData(t *testing.T) {
	t.Parallel()
	sitemap := inFile(t, "products.json", productsJSON)
	fitting := inFile(t, "rows.csv", "\ufeffweb-scraper-order,web-scraper-start-url,product,product-href,price\r\n\"1-1\",\"u\",\"A\",\"https://a.example/\",\"\"\r\n")
	other := inFile(t, "rows.jsonl", `{"product":"A","product-href":"u","colour":"red"}`+"\n")
	var stderr bytes.Buffer
	if code := run(t.Context(), []string{"cloud", "--listen", "127.0.0.1:0", "--sitemap", sitemap, "--records", other}, io.Discard, &stderr); code != exitUsage ||
		!strings.Contains(stderr.String(), `the records lack: "price"`) || !strings.Contains(stderr.String(), `does not have: "colour"`) {
		t.Errorf("exit %d: %s", code, stderr.String())
	}

	ctx, stop := context.WithCancel(t.Context())
	in, out := io.Pipe()
	done := make(chan int)
	go func() {
		done <- run(ctx, []string{"cloud", "--listen", "127.0.0.1:0", "--output", "json", "--sitemap", sitemap, "--records", "products=" + fitting}, out, io.Discard)
	}()
	defer func() {
		stop()
		<-done
	}()
	line, err := bufio.NewReader(in).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var started struct {
		URL   string `json:"api_url"`
		Token string `json:"token"`
	}
	if err := json.Unmarshal([]byte(line), &started); err != nil {
		t.Fatal(err)
	}
	body := fetched(t, started.URL+"sitemaps?api_token="+started.Token)
	if strings.Count(body, `"name":"products"`) != 1 {
		t.Errorf("the sitemaps are %s", body)
	}
}

// TestTrafficWithOwnData: the jobs of traffic have the user's rows.
func TestTrafficWithOwnData(t *testing.T) {
	t.Parallel()
	sitemap := inFile(t, "products.json", productsJSON)
	rows := inFile(t, "rows.jsonl", `{"product":"A","product-href":"u","price":"1"}`+"\n"+`{"product":"B","product-href":"v","price":null}`+"\n")
	for want, args := range map[string][]string{
		"need --cloud":          {"--sitemap", sitemap},
		"without SITEMAP=":      {"--cloud", "127.0.0.1:0", "--records", "products=" + rows},
		"the records have 2":    {"--cloud", "127.0.0.1:0", "--records", rows, "--rows", "3"},
		"/nowhere/sitemap.json": {"--cloud", "127.0.0.1:0", "--sitemap", "/nowhere/sitemap.json"},
	} {
		var stderr bytes.Buffer
		if code := run(t.Context(), append([]string{"traffic", "http://127.0.0.1:1/", "--jobs", "1"}, args...), io.Discard, &stderr); code != exitUsage ||
			!strings.Contains(stderr.String(), want) {
			t.Errorf("%v: exit %d: %s", args, code, stderr.String())
		}
	}
	notified := make(chan string, 10)
	endpoint := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { notified <- r.FormValue("scrapingjob_id") }))
	defer endpoint.Close()
	said, errs := io.Pipe()
	defer func() { _ = errs.Close() }()
	line, stop := started(t, said, []string{
		"traffic", endpoint.URL, "--cloud", "127.0.0.1:0", "--cloud-token", "x", "--linger", "1h", "--jobs", "1", "--status", "finished=1",
		"--sitemap", sitemap, "--records", rows,
	}, io.Discard, errs)
	defer stop()
	api := strings.TrimSuffix(strings.TrimPrefix(line, "API "), " token x")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, api+"scraping-job/"+<-notified+"/json?api_token=x", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if want := `{"product":"A","product-href":"u","price":"1"}` + "\n" + `{"product":"B","product-href":"v","price":null}` + "\n"; err != nil || string(body) != want {
		t.Errorf("the job's rows are %s, %v", body, err)
	}
}
