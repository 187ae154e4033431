package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/e2e/mutants"
)

func TestList(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := run(t.Context(), []string{"--list"}, func(string) string { return "" }, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	var first struct{ Name, Requirement, Summary string }
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if err := json.Unmarshal([]byte(lines[0]), &first); err != nil {
		t.Fatal(err)
	}
	want := mutants.All()
	if len(lines) != len(want) || first.Name != want[0].Name || first.Requirement != want[0].Requirement || first.Summary != want[0].Summary {
		t.Errorf("%d lines, the first %+v", len(lines), first)
	}
}

func TestServe(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	env := map[string]string{
		"PORT":                    "0",
		"WEBSCRAPER_API_BASE_URI": "http://127.0.0.1:1/api/v1/",
		"ROWS_FILE":               filepath.Join(t.TempDir(), "rows.jsonl"),
	}
	r, w := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := run(ctx, []string{"finished-only"}, func(name string) string { return env[name] }, w, io.Discard)
		_ = w.CloseWithError(io.EOF)
		done <- err
	}()
	url, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("it did not start: %v", <-done)
	}
	for status, want := range map[string]int{"finished": http.StatusOK, "stopped": http.StatusInternalServerError} {
		form := strings.NewReader("scrapingjob_id=1&sitemap_id=2&sitemap_name=x&status=" + status)
		resp, err := http.Post(strings.TrimSpace(url), "application/x-www-form-urlencoded", form)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != want {
			t.Errorf("%s is answered %d, want %d", status, resp.StatusCode, want)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("stopping: %v", err)
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"nobody"}, {"correct", "--nothing"}, {"correct", "twice"}} {
		if run(t.Context(), args, func(string) string { return "" }, io.Discard, io.Discard) == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}
