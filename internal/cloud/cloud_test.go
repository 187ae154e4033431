package cloud_test

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/webhook"
)

func TestIDs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cloud.Config{Seed: 1, MaxJobs: 3})
	first, err := w.AddJob(cloud.JobSpec{SitemapID: w.sitemap.ID})
	w.must(err)
	if first.ID <= 0 || first.ID >= 1<<31 {
		t.Errorf("the first id is %d, want one below 2^31", first.ID)
	}
	_, err = w.AddJob(cloud.JobSpec{ID: first.ID, SitemapID: w.sitemap.ID})
	if !errors.Is(err, cloud.ErrExists) {
		t.Errorf("taking an id twice: %v", err)
	}
	_, err = w.AddJob(cloud.JobSpec{ID: first.ID + 1, SitemapID: w.sitemap.ID})
	w.must(err)
	w.must(w.DeleteJob(first.ID))
	next, err := w.AddJob(cloud.JobSpec{SitemapID: w.sitemap.ID})
	w.must(err)
	if next.ID != first.ID+2 {
		t.Errorf("the next id is %d, want %d, the first that was never used", next.ID, first.ID+2)
	}
	big, err := w.AddJob(cloud.JobSpec{ID: 1<<53 + 11, SitemapID: w.sitemap.ID})
	w.must(err)
	if big.ID != 1<<53+11 {
		t.Errorf("got id %d", big.ID)
	}
	if _, err = w.AddJob(cloud.JobSpec{SitemapID: w.sitemap.ID}); !errors.Is(err, cloud.ErrFull) {
		t.Errorf("a fourth job of at most three: %v", err)
	}
	other := newWorld(t, cloud.Config{Seed: 2})
	if other.sitemap.ID == w.sitemap.ID {
		t.Error("two seeds begin with the same id")
	}
}

// TestNoRowsAreNoRows: 0 is not "the default".
func TestNoRowsAreNoRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cloud.Config{Rows: 9})
	for _, tc := range []struct {
		rows *int
		want int
	}{{nil, 9}, {new(0), 0}, {new(3), 3}} {
		j, err := w.AddJob(cloud.JobSpec{SitemapID: w.sitemap.ID, Rows: tc.rows})
		w.must(err)
		if w.must(w.End(j.ID, webhook.Finished, -1)); w.job(j.ID).StoredRecordCount != tc.want {
			t.Errorf("it has %d rows, want %d", w.job(j.ID).StoredRecordCount, tc.want)
		}
	}
	if _, err := w.AddJob(cloud.JobSpec{SitemapID: w.sitemap.ID, Rows: new(-1)}); err == nil {
		t.Error("a job of -1 rows was accepted")
	}
}

// TestJobOfANewSitemap: both are added, or neither.
func TestJobOfANewSitemap(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cloud.Config{})
	j, err := w.AddJob(cloud.JobSpec{})
	w.must(err)
	if m, err := w.Sitemap(j.SitemapID); err != nil || m.Name != "shop" || j.SitemapName != "shop" {
		t.Errorf("its sitemap is %+v, %v", m, err)
	}
	_, err = w.AddJob(cloud.JobSpec{Ending: &cloud.Ending{Status: webhook.Finished, FailedPages: 1}})
	if _, total := w.Sitemaps("", 0, 1); !errors.Is(err, cloud.ErrEnding) || total != 2 {
		t.Errorf("%v, and there are %d sitemaps", err, total)
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cloud.Config{})
	second, err := w.AddSitemap("second", "")
	w.must(err)
	for id := range int64(10) {
		_, err := w.AddJob(cloud.JobSpec{ID: 100 - id, SitemapID: []int64{w.sitemap.ID, second.ID}[id%2]})
		w.must(err)
	}
	w.must(w.DeleteJob(96))
	ids := func(sitemapID int64, offset, limit int) (ids []int64, total int) {
		jobs, total := w.Jobs(cloud.JobFilter{SitemapID: sitemapID}, offset, limit)
		for _, j := range jobs {
			ids = append(ids, j.ID)
		}
		return ids, total
	}
	for _, tc := range []struct {
		name          string
		sitemap       int64
		offset, limit int
		want          []int64
		total         int
	}{
		{"the first", 0, 0, 3, []int64{100, 99, 98}, 9},
		{"the last", 0, 7, 3, []int64{92, 91}, 9},
		{"past the end", 0, 9, 3, nil, 9},
		{"of one sitemap", second.ID, 1, 2, []int64{97, 95}, 5},
		{"of no sitemap", 5, 0, 3, nil, 0},
	} {
		if got, total := ids(tc.sitemap, tc.offset, tc.limit); !slices.Equal(got, tc.want) || total != tc.total {
			t.Errorf("%s: %v of %d, want %v of %d", tc.name, got, total, tc.want, tc.total)
		}
	}
	third, err := w.AddSitemap("third", "", "x")
	w.must(err)
	w.must(w.TagSitemap(w.sitemap.ID, []string{"x", "x", "y"}))
	_, err = w.AddJob(cloud.JobSpec{ID: 7, SitemapID: third.ID})
	w.must(err)
	tagged := func(tag string, sitemapID int64, offset, limit int) (ids []int64, total int) {
		jobs, total := w.Jobs(cloud.JobFilter{Tag: tag, SitemapID: sitemapID}, offset, limit)
		for _, j := range jobs {
			ids = append(ids, j.ID)
		}
		return ids, total
	}
	if got, total := tagged("x", 0, 2, 3); !slices.Equal(got, []int64{94, 92, 7}) || total != 5 {
		t.Errorf("tagged x: %v of %d", got, total)
	}
	if got, total := tagged("x", third.ID, 0, 3); !slices.Equal(got, []int64{7}) || total != 1 {
		t.Errorf("of the third, tagged x: %v of %d", got, total)
	}
	if got, total := tagged("y", third.ID, 0, 3); len(got) != 0 || total != 0 {
		t.Errorf("of the third, tagged y: %v of %d", got, total)
	}
	if page, total := w.Sitemaps("x", 0, 5); total != 2 || page[0].ID != w.sitemap.ID || page[1].ID != third.ID {
		t.Errorf("tagged x are %+v", page)
	}
	w.must(w.TagSitemap(w.sitemap.ID, nil))
	w.must(w.DeleteSitemap(third.ID))
	if _, total := w.Sitemaps("x", 0, 5); total != 0 {
		t.Errorf("%d are tagged x", total)
	}
	sitemaps, total := w.Sitemaps("", 1, 5)
	if total != 2 || len(sitemaps) != 1 || sitemaps[0].ID != second.ID {
		t.Errorf("got %+v of %d sitemaps", sitemaps, total)
	}
}

const shopBody = `{"_id":"shop","startUrl":["https://a.example/"],"selectors":[` +
	`{"id":"box","type":"SelectorElement"},{"id":"name","type":"SelectorText"},{"id":"more","type":"SelectorLink"},` +
	`{"id":"mail \"x\"","type":"SelectorText"}]}`

func TestAddSitemap(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cloud.Config{})
	s, err := w.AddSitemap("", shopBody)
	w.must(err)
	if s.Name != "shop" || s.Body != shopBody || !slices.Equal(s.Columns, []string{"name", "more", "more-href", `mail "x"`}) {
		t.Errorf("got %+v", s)
	}
	if again, err := w.Sitemap(s.ID); err != nil || again.Body != shopBody {
		t.Errorf("got %+v, %v", again, err)
	}
	w.must(w.DeleteSitemap(s.ID))
	if _, err := w.Sitemap(s.ID); !errors.Is(err, cloud.ErrNotFound) {
		t.Errorf("a deleted sitemap: %v", err)
	}
	if _, err := w.AddSitemap("other", shopBody); err == nil {
		t.Error("a sitemap has two names")
	}
	odd := "a \"b\" <c>&d=ü😀/"
	if s, err = w.AddSitemap(odd, ""); err != nil || s.Name != odd {
		t.Errorf("got %q, %v, want any name for the default sitemap", s.Name, err)
	}
	if want := []string{"title", "price", "link", "link-href", "image-src", "sku", "in_stock", "date", "colours"}; !slices.Equal(s.Columns, want) {
		t.Errorf("the default sitemap has columns %v, want %v", s.Columns, want)
	}
}

func TestSitemapValidation(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, body string
		fields     []string
	}{
		{"not JSON", "{", []string{"sitemap_object"}},
		{"not an object", "[]", []string{"sitemap_object"}},
		{"nothing", "{}", []string{"sitemap_object._id", "sitemap_object.selectors", "sitemap_object.startUrl"}},
		{"a selector without id", `{"_id":"shop","startUrl":["https://a.example"],"selectors":[{"type":"SelectorText"}]}`, []string{"sitemap_object.selectors.0.id"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := newWorld(t, cloud.Config{}).AddSitemap("", tc.body)
			var invalid *cloud.ValidationError
			if !errors.As(err, &invalid) {
				t.Fatalf("got %v, want a ValidationError", err)
			}
			if got := slices.Sorted(maps.Keys(invalid.Fields)); !slices.Equal(got, tc.fields) {
				t.Errorf("blames %v (%v), want %v", got, err, tc.fields)
			}
		})
	}
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	if _, err := cloud.New(cloud.Config{MaxJobs: -1}); err == nil {
		t.Error("a negative maximum was accepted")
	}
}
