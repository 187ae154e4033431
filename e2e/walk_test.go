package e2e_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestFromSitemapToImport is the walk of README: a sitemap, a job, its
// notification, its import, each part a process, all over HTTP.
func TestFromSitemapToImport(t *testing.T) {
	t.Parallel()
	address := freeAddress(t)
	cloud := startCloud(t, "--endpoint", "http://"+address+"/webhook?token=hush", "--job-time", "1s", "--rows", "250")

	dir := t.TempDir()
	ctx, stop := context.WithCancel(context.Background())
	receiver := command(ctx, dir, nil, "receive", "--listen", address, "--token", "hush", "--store", "receiver.db",
		"--sink", "dir:"+filepath.Join(dir, "rows"), "--api-url", cloud.APIURL, "--api-token", cloud.Token)
	log := &output{}
	receiver.Stderr = log
	if err := receiver.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = receiver.Wait() // interrupted
	})

	var made struct{ Data struct{ ID int64 } }
	post := func(path, body string) int64 {
		t.Helper()
		if err := cloud.do(t, "POST", cloud.APIURL+path+"?api_token="+cloud.Token, body, &made); err != nil {
			t.Fatal(err)
		}
		return made.Data.ID
	}
	sitemap := post("sitemap", `{"_id":"my-sitemap","startUrl":["https://a.example/[1-10]"],"selectors":[{"id":"title","type":"SelectorText"}]}`)
	job := post("scraping-job", fmt.Sprintf(`{"sitemap_id":%d,"driver":"fast","page_load_delay":0,"request_interval":0}`, sitemap))

	for until := time.Now().Add(2 * time.Minute); ; time.Sleep(50 * time.Millisecond) {
		files, err := filepath.Glob(filepath.Join(dir, "rows", "*"+fmt.Sprint(job)+"*.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		if len(files) == 1 {
			checkRows(t, files[0])
			return
		}
		if time.Now().After(until) {
			t.Fatalf("nothing was imported:\n%s\n%s", cloud.log, log)
		}
	}
}

func checkRows(t *testing.T, path string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(content), "\n"), "\n")
	if len(lines) != 250 {
		t.Errorf("%d rows, want 250", len(lines))
	}
	for _, line := range lines {
		if !json.Valid([]byte(line)) || !strings.Contains(line, `"title"`) {
			t.Fatalf("a row is %s", line)
		}
	}
}
