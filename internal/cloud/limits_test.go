package cloud_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/webhook"
)

// TestLimits: what would fill every list, or end never, is refused as the caller's
// mistake.
func TestLimits(t *testing.T) {
	t.Parallel()
	c, err := cloud.New(cloud.Config{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	long, most := strings.Repeat("x", cloud.MaxText), cloud.MaxRows
	longer, more := long+"x", cloud.MaxRows+1
	m, err := c.AddSitemap(long, "", long)
	if err != nil {
		t.Fatalf("a name of the limit's length: %v", err)
	}
	j, err := c.AddJob(cloud.JobSpec{SitemapID: m.ID, Rows: &most, CustomID: long})
	if err != nil {
		t.Fatalf("a job of the limits: %v", err)
	}
	body := `{"_id":"` + longer + `","startUrl":["https://a.example/"],"selectors":[]}`
	for name, do := range map[string]func() error{
		"a long name":        func() error { _, err := c.AddSitemap(longer, ""); return err },
		"a long name inside": func() error { _, err := c.AddSitemap("", body); return err },
		"another long name":  func() error { return c.ReplaceSitemap(m.ID, body) },
		"a long tag":         func() error { return c.TagSitemap(m.ID, []string{"a", longer}) },
		"a new long tag":     func() error { _, err := c.AddSitemap("", "", longer); return err },
		"many tags":          func() error { return c.TagSitemap(m.ID, make([]string, 101)) },
		"a long custom id":   func() error { _, err := c.AddJob(cloud.JobSpec{SitemapID: m.ID, CustomID: longer}); return err },
		"many rows":          func() error { _, err := c.AddJob(cloud.JobSpec{SitemapID: m.ID, Rows: &more}); return err },
		"many at the end":    func() error { return c.End(j.ID, webhook.Finished, more) },
		"many from the start": func() error {
			_, err := cloud.New(cloud.Config{Rows: more})
			return err
		},
	} {
		err := do()
		var invalid *cloud.ValidationError
		if !errors.As(err, &invalid) && !errors.Is(err, cloud.ErrEnding) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
