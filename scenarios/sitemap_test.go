package scenarios_test

import (
	"errors"
	"os"
	"path/filepath"
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
	r := judge(t, t.Context(), "ACK-01,DATA-01", func(_ *model, cfg *scenarios.Config) { cfg.Sitemap = own })
	check(t, r, map[string]scenarios.Verdict{"ACK-01": scenarios.Pass, "DATA-01": scenarios.Pass})

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
