package cloud_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/webhook"
)

// rows are the job's rows, one a line.
func (w *world) rows(id int64) string {
	var b bytes.Buffer
	for _, row := range w.Records(id) {
		b.Write(row)
		b.WriteByte('\n')
	}
	return b.String()
}

func (w *world) finished(id int64, rows int) int64 {
	w.t.Helper()
	w.started(cloud.JobSpec{ID: id})
	w.must(w.End(id, webhook.Finished, rows))
	return id
}

// TestRecordsStayAsTheyAre pins the bytes: a release that changes them changes
// every report that names a seed.
func TestRecordsStayAsTheyAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cloud.Config{Seed: 1})
	const want = `{"web-scraper-order":"1636690004-2","web-scraper-start-url":"https:\/\/shop.example\/products?page=1","title":"Sturdy Cotton Lamp","price":"$603.19","link":"Durable Silk Keyboard","link-href":"https:\/\/shop.example\/products\/scarf-3075377944","image-src":"https:\/\/images.example\/blanket-3970656.jpg","sku":"YJU-904681","in_stock":null,"date":"2024-06-17","colours":"[{\"colours\":\"ivory\"},{\"colours\":\"navy\"},{\"colours\":\"black\"}]"}
{"web-scraper-order":"1636690004-1","web-scraper-start-url":"https:\/\/shop.example\/products?page=2","title":"Compact Bronze Speaker","price":"$134.51","link":"Refined Wooden Jacket","link-href":"https:\/\/shop.example\/products\/bottle-3080754702","image-src":"https:\/\/images.example\/kettle-8503291.jpg","sku":"XBW-356334","in_stock":"Out of stock","date":"2020-05-13","colours":"[{\"colours\":\"yellow\"},{\"colours\":\"pink\"},{\"colours\":\"green\"},{\"colours\":\"white\"}]"}
`
	if got := w.rows(w.finished(1234, 2)); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// withoutOrders takes the rows' web-scraper-order away.
func withoutOrders(rows string) string {
	return regexp.MustCompile(`"\d{10}-\d+"`).ReplaceAllString(rows, "")
}

func TestRecordsDependOnSeedAndJobAlone(t *testing.T) {
	t.Parallel()
	first, again := newWorld(t, cloud.Config{Seed: 7}), newWorld(t, cloud.Config{Seed: 7})
	other := newWorld(t, cloud.Config{Seed: 8})
	first.finished(3, 10) // a job before must not matter
	a, b, c := first.rows(first.finished(5, 100)), again.rows(again.finished(5, 100)), other.rows(other.finished(5, 100))
	if a != b {
		t.Error("the same seed and id made other rows")
	}
	if a == c {
		t.Error("another seed made the same rows")
	}
	if withoutOrders(first.rows(3)) == withoutOrders(strings.Join(strings.SplitAfter(a, "\n")[:10], "")) {
		t.Error("another job has the same rows")
	}
}

func TestContinuedJobKeepsItsFirstRows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cloud.Config{Seed: 7})
	id := w.started(cloud.JobSpec{})
	if got := w.rows(id); got != "" {
		t.Errorf("a running job has rows: %s", got)
	}
	w.must(w.End(id, webhook.Failed, 33))
	before := w.rows(id)
	w.did(w.Continue(id))
	if got := w.rows(id); got != before {
		t.Error("the continued job's rows changed while it waits")
	}
	w.must(w.Start(id))
	w.must(w.End(id, webhook.Finished, 77))
	after := w.rows(id)
	if !strings.HasPrefix(after, before) || strings.Count(after, "\n") != 77 {
		t.Errorf("%d rows, want 77 that begin with the earlier 33", strings.Count(after, "\n"))
	}
}

func TestRecordsAreWellFormed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cloud.Config{Seed: 3})
	columns := []string{
		"title", "price", "email", "image", "product-url", "sku", "in stock", "date", "description", "rating",
		"review count", "phone", "city", "country", "street", "brand", "author", "color", "category", `odd "\/ü😀`,
	}
	selectors := make([]map[string]string, 0, len(columns))
	for _, c := range columns {
		selectors = append(selectors, map[string]string{"id": c, "type": "SelectorText"})
	}
	urls := []string{`https://a.example/?q="ü"`, "https://b.example/"}
	body, err := json.Marshal(map[string]any{"_id": "all-columns", "startUrl": urls, "selectors": selectors})
	w.must(err)
	w.sitemap, err = w.AddSitemap("", string(body))
	w.must(err)
	id := w.finished(17, 300)

	orders := map[string]bool{}
	for i, row := range w.Records(id) {
		dec := json.NewDecoder(bytes.NewReader(row))
		if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
			t.Fatalf("row %d begins with %v, %v", i, tok, err)
		}
		var keys, values []string
		for dec.More() {
			key, err := dec.Token()
			w.must(err)
			value, err := dec.Token()
			text, ok := value.(string)
			if err != nil || value != nil && (!ok || text == "") {
				t.Fatalf("row %d: %v, %v, want a text or null in %s", i, value, err, row)
			}
			keys, values = append(keys, fmt.Sprint(key)), append(values, text)
		}
		if want := append([]string{"web-scraper-order", "web-scraper-start-url"}, columns...); !slices.Equal(keys, want) {
			t.Fatalf("row %d has keys %q, want %q", i, keys, want)
		}
		if !orderPattern.MatchString(values[0]) || orders[values[0]] {
			t.Fatalf("row %d has order %s", i, values[0])
		}
		orders[values[0]] = true
		if values[1] != []string{"https://a.example/?q=\"%C3%BC\"", urls[1]}[i%2] {
			t.Fatalf("row %d has start URL %s", i, values[1])
		}
		if bytes.ContainsAny(row, "\n\r") {
			t.Fatalf("row %d has a line's end: %q", i, row)
		}
	}
	if len(orders) != 300 {
		t.Errorf("%d rows, want 300", len(orders))
	}
}

// TestTexts: a job's own texts take the place of one column, in each form.
func TestTexts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cloud.Config{Seed: 1})
	plain := w.rows(w.finished(7, 3))
	v := newWorld(t, cloud.Config{Seed: 1})
	id := v.started(cloud.JobSpec{ID: 7, Text: func(i int) (string, bool) { return fmt.Sprint("é ", i), i != 1 }})
	v.must(v.End(id, webhook.Finished, 3))
	n := -1
	want := regexp.MustCompile(`"title":"[^"]*"`).ReplaceAllStringFunc(plain, func(string) string {
		if n++; n == 1 {
			return `"title":null`
		}
		return fmt.Sprintf(`"title":"é %d"`, n)
	})
	if got := v.rows(id); got != want || v.TextColumn(id) != "title" {
		t.Errorf("%s: got %s, want %s", v.TextColumn(id), got, want)
	}
	var cells []string
	for line := range v.Table(id) {
		cells = append(cells, line[2])
	}
	if !slices.Equal(cells, []string{"é 0", "", "é 2"}) {
		t.Errorf("the table has %q", cells)
	}
	columns, err := v.DataColumns(id)
	w.must(err)
	if share := columns[0].Filled; share < 66 || share > 67 {
		t.Errorf("%s is filled to %f%%", columns[0].Name, share)
	}
	for i := range w.Records(id) {
		if i == 1 {
			break // must end the sequence
		}
	}
}

func TestRecordsOutliveTheJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t, cloud.Config{})
	id := w.finished(5, 3)
	rows := w.Records(id)
	w.must(w.DeleteJob(id))
	count := 0
	for range rows {
		count++
	}
	if count != 3 || w.rows(id) != "" {
		t.Errorf("%d rows and then %q, want the 3 that were asked for before, none after", count, w.rows(id))
	}
}

func BenchmarkRecords(b *testing.B) {
	c, err := cloud.New(cloud.Config{Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	s, err := c.AddSitemap("shop", "")
	if err != nil {
		b.Fatal(err)
	}
	job, err := c.AddJob(cloud.JobSpec{SitemapID: s.ID})
	if err == nil {
		err = c.Start(job.ID)
	}
	if err == nil {
		err = c.End(job.ID, webhook.Finished, 1<<40)
	}
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	left, size := b.N, int64(0)
	b.ResetTimer()
	for _, row := range c.Records(job.ID) {
		size += int64(len(row)) + 1
		if left--; left == 0 {
			break
		}
	}
	b.SetBytes(size / int64(b.N))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
