package scenarios_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/scenarios"
	"github.com/scrapehook/scrapehook/scenarios/catalogue"
)

// TestSitemapOfTheUser: jobs have the columns and the name of the user's sitemap,
// and a file that is none is the user's to mend.
func TestSitemapOfTheUser(t *testing.T) {
	t.Parallel()
	write := func(text string) string {
		path := filepath.Join(t.TempDir(), "sitemap.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	own := write(`{"_id":"MyShop","startUrl":["https://shop.example/"],"selectors":[
		{"id":"photo","type":"SelectorImage","parentSelectors":["_root"],"selector":"img","multiple":true}]}`)
	r := judge(t, t.Context(), "ACK-01,DATA-01,DATA-04", func(_ *model, cfg *scenarios.Config) { cfg.Sitemap = own })
	check(t, r, map[string]scenarios.Verdict{
		"ACK-01": scenarios.Pass, "DATA-01": scenarios.Pass, "DATA-04": scenarios.NotObservable, // it has no text
	})

	selected, err := scenarios.Select(catalogue.All(), "ACK-01")
	if err != nil {
		t.Fatal(err)
	}
	var config *scenarios.ConfigError
	_, err = scenarios.Start(t.Context(), scenarios.Config{Endpoint: "http://127.0.0.1:1/", Sitemap: write("{")}, selected)
	if !errors.As(err, &config) {
		t.Errorf("a sitemap that is no JSON: %v", err)
	}
}

// TestRecordsOfTheUser: jobs have the user's own rows, and no more of them than
// there are.
func TestRecordsOfTheUser(t *testing.T) {
	t.Parallel()
	write := func(rows int) string {
		var b strings.Builder
		for i := range rows {
			fmt.Fprintf(&b, `{"sku":"A-%d","name":"thing %d"}`+"\n", i, i)
		}
		path := filepath.Join(t.TempDir(), "rows.jsonl")
		if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	path := write(120)
	r := judge(t, t.Context(), "ACK-01,DATA-01,DATA-04,DATA-12", func(_ *model, cfg *scenarios.Config) { cfg.Records = path })
	check(t, r, map[string]scenarios.Verdict{
		"ACK-01": scenarios.Pass, "DATA-01": scenarios.Pass, "DATA-04": scenarios.Pass, "DATA-12": scenarios.NotObservable,
	})

	selected, err := scenarios.Select(catalogue.All(), "ACK-01")
	if err != nil {
		t.Fatal(err)
	}
	var config *scenarios.ConfigError
	few := write(7)
	_, err = scenarios.Start(t.Context(), scenarios.Config{Endpoint: "http://127.0.0.1:1/", Records: few}, selected)
	if !errors.As(err, &config) || !strings.Contains(err.Error(), few+" has 7 rows: a run needs at least 100") {
		t.Errorf("too few rows: %v", err)
	}
}
