package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestCloudRefuses(t *testing.T) {
	t.Parallel()
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	for _, tc := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"an unknown profile", []string{"--profile", "2021"}, exitUsage, `"2021"`},
		{"outcomes that are none", []string{"--outcome", "finished"}, exitUsage, `"finished"`},
		{"an outcome that is no end", []string{"--outcome", "started=1"}, exitUsage, `"started"`},
		{"an outcome the profile lacks", []string{"--profile", "2022", "--outcome", "shelved=1"}, exitUsage, "shelved"},
		{"an unknown output", []string{"--output", "xml"}, exitUsage, `"xml"`},
		{"an endpoint that is no URL", []string{"--endpoint", "localhost"}, exitUsage, "localhost"},
		{"no token", []string{"--token", ""}, exitUsage, "token"},
		{"no time", []string{"--job-time", "0s"}, exitUsage, "0s"},
		{"negative rows", []string{"--rows", "-1"}, exitUsage, "-1"},
		{"every interface", []string{"--listen", ":0"}, exitUsage, "--allow-remote"},
		{"a negative number of attempts", []string{"--max-attempts", "-1"}, exitUsage, "-1"},
		{"a clock that stands", []string{"--time-scale", "0"}, exitUsage, "--time-scale 0"},
		{"a rate limit that is none", []string{"--rate-limit", "200"}, exitUsage, `"200"`},
		{"pages that are none", []string{"--pages", "odd=5%"}, exitUsage, `"odd=5%"`},
		{"a fault that is none", []string{"--fault", "earthquake"}, exitUsage, `"earthquake"`},
		{"records that are not there", []string{"--records", "shop=/nowhere/rows.jsonl"}, exitUsage, "/nowhere/rows.jsonl"},
		{"two files of records", []string{"--records", "/dev/null", "--records", "/dev/null"}, exitUsage, "two files"},
		{"a state that can't be", []string{"--state", "/nowhere/cloud.db"}, exitUsage, "/nowhere/cloud.db"},
		{"an authority that can't be written", []string{"--tls", "--tls-ca", "/nowhere/ca.pem"}, exitUsage, "/nowhere/ca.pem"},
		{"an argument", []string{"now"}, exitUsage, "now"},
		{"a port in use", []string{"--listen", taken.Addr().String()}, exitHarness, "in use"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			// What is wrongly accepted runs until then, and ends with 0.
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			var out, errs strings.Builder
			if code := run(ctx, append([]string{"cloud", "--listen", "127.0.0.1:0"}, tc.args...), &out, &errs); code != tc.code {
				t.Errorf("exit code %d, want %d", code, tc.code)
			}
			if text := errs.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, tc.says) {
				t.Errorf("said %q, want one line about %q", text, tc.says)
			}
		})
	}
}

// TestCloudNotifiesAndStops runs the command as a user does: a job is created
// over the API, its end is notified, and a polite stop is no failure.
func TestCloudNotifiesAndStops(t *testing.T) {
	t.Parallel()
	notified := make(chan string, 10)
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusInternalServerError)
		notified <- string(body)
	}))
	defer endpoint.Close()
	record := filepath.Join(t.TempDir(), "run.ndjson")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	stdout, announce := io.Pipe()
	var errs strings.Builder
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{
			"cloud", "--listen", "127.0.0.1:0", "--endpoint", endpoint.URL + "?token=hush", "--seed", "7",
			"--job-time", "20ms", "--output", "json", "--record", record,
		}, announce, &errs)
	}()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var told struct {
		APIURL    string `json:"api_url"`
		Token     string
		Seed      uint64
		Endpoints []string
	}
	if err := json.Unmarshal([]byte(line), &told); err != nil || told.Seed != 7 || told.Endpoints[0] != endpoint.URL+"?token=hush" {
		t.Fatalf("announced %s, %v", line, err)
	}
	post := func(path, body string) (id int64) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, told.APIURL+path+"?api_token="+told.Token, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var made struct{ Data struct{ ID int64 } }
		if err := json.NewDecoder(resp.Body).Decode(&made); err != nil || made.Data.ID == 0 {
			t.Fatalf("%s: %d, %v", path, resp.StatusCode, err)
		}
		return made.Data.ID
	}
	sitemap := post("sitemap", `{"_id":"my-sitemap","startUrl":["https://a.example/"],"selectors":[]}`)
	job := post("scraping-job", fmt.Sprintf(`{"sitemap_id":%d,"driver":"fast","page_load_delay":0,"request_interval":0}`, sitemap))
	select {
	case got := <-notified:
		if !strings.HasPrefix(got, fmt.Sprintf("scrapingjob_id=%d&status=finished&", job)) {
			t.Errorf("notified of %s", got)
		}
	case <-time.After(time.Minute):
		t.Fatal("nothing was notified")
	}
	stop()
	defer func() {
		// What was sent is on record, to be replayed.
		body, err := os.ReadFile(record)
		if err != nil || !strings.Contains(string(body), fmt.Sprintf(`"form":"scrapingjob_id=%d&status=finished&`, job)) {
			t.Errorf("recorded %s, %v", body, err)
		}
	}()
	if c := <-code; c != 0 {
		t.Errorf("exit code %d: %s", c, errs.String())
	}
	log := errs.String()
	for _, want := range []string{
		"call POST /api/v1/scraping-job: 200, ",
		fmt.Sprintf("pending: job %d finished, attempt ", job),
		"stopped: 0 jobs had not ended, 1 notification was pending\n",
	} {
		if !strings.Contains(log, want) {
			t.Errorf("the log lacks %q:\n%s", want, log)
		}
	}
	if strings.Contains(log, "api_token") || strings.Contains(log, "hush") {
		t.Errorf("the log shows a secret:\n%s", log)
	}
}
