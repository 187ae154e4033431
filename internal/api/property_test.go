package api_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/internal/api"
	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/records"
	"github.com/scrapehook/scrapehook/internal/sitemaps/sitemaptest"
	"github.com/scrapehook/scrapehook/internal/xlsx"
)

// TestDownloadsAgree: of any sitemap, each form of download has the same columns
// and values, as common readers read them.
func TestDownloadsAgree(t *testing.T) {
	t.Parallel()
	const seed = 20261125
	draw := rand.New(rand.NewPCG(seed, 0))
	scripts := records.Scripts()
	for n := range 60 {
		body := sitemaptest.Any(draw)
		options := records.Options{Scripts: []string{scripts[n%len(scripts)]}, RawUnicode: n%2 == 0}
		w := newWorldOf(t, cloud.Config{Seed: seed, Data: options}, api.Config{})
		s, err := w.AddSitemap("", body)
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		w.finish(cloud.JobSpec{ID: 1, SitemapID: s.ID}, 37)
		header, rows := readJSON(t, w.call("GET", "scraping-job/1/json", "").body)
		if len(rows) != 37 || !slices.Equal(header[2:], s.Columns) {
			t.Fatalf("%s: %d rows with the columns %q, want 37 with %q", body, len(rows), header, s.Columns)
		}
		same := func(form string, table [][]string, err error) {
			t.Helper()
			if err != nil || len(table) != 38 || !slices.Equal(table[0], header) {
				t.Fatalf("%s: as %s %d lines with the columns %q, %v; want %q", body, form, len(table), table[0], err, header)
			}
			for i, line := range table[1:] {
				if !slices.Equal(line, rows[i]) {
					t.Fatalf("%s: as %s row %d is\n%q, want\n%q", body, form, i, line, rows[i])
				}
			}
		}
		text, marked := strings.CutPrefix(w.call("GET", "scraping-job/1/csv", "").body, "\ufeff")
		if !marked {
			t.Fatal("the CSV has no byte order mark")
		}
		table, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		same("CSV", table, err)
		table, err = readXLSX(w.call("GET", "scraping-job/1/xlsx", "").body)
		same("XLSX", table, err)
	}
}

// readJSON reads JSON lines as a table; a null is empty.
func readJSON(t *testing.T, body string) (header []string, rows [][]string) {
	t.Helper()
	for line := range strings.Lines(body) {
		dec := json.NewDecoder(strings.NewReader(line))
		if _, err := dec.Token(); err != nil {
			t.Fatal(err)
		}
		var names, values []string
		for dec.More() {
			name, err := dec.Token()
			if err != nil {
				t.Fatal(err)
			}
			var value *string
			if err := dec.Decode(&value); err != nil {
				t.Fatal(err)
			}
			names, values = append(names, fmt.Sprint(name)), append(values, "")
			if value != nil {
				values[len(values)-1] = *value
			}
		}
		if header == nil {
			header = names
		}
		if !slices.Equal(names, header) {
			t.Fatalf("a row has %q, the first one %q", names, header)
		}
		rows = append(rows, values)
	}
	return header, rows
}

func readXLSX(body string) (table [][]string, err error) {
	book, err := xlsx.NewReader(strings.NewReader(body), int64(len(body)))
	if err != nil {
		return nil, err
	}
	defer func() { _ = book.Close() }() // it was only read
	table = append(table, book.Header())
	for {
		values, err := book.Read()
		if errors.Is(err, io.EOF) {
			return table, nil
		}
		if err != nil {
			return nil, err
		}
		table = append(table, slices.Clone(values))
	}
}
