package records_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/internal/records"
	"github.com/scrapehook/scrapehook/internal/sitemaps"
)

// shapes are what the golden rows say of a value.
var shapes = map[string]*regexp.Regexp{
	"order":    regexp.MustCompile(`^\d{10}-[1-9]\d*$`),
	"text":     regexp.MustCompile(`^\S.*\S$`),
	"url":      regexp.MustCompile(`^https://\S+[^.]{5}$`),
	"image":    regexp.MustCompile(`^https://\S+\.jpg$`),
	"html":     regexp.MustCompile(`(?s)^<div class="[^"]+">.*<a href="https://.*</a>.*</div>$`),
	"price":    regexp.MustCompile(`^\$\d{1,3}(,\d{3})*\.\d\d$`),
	"date":     regexp.MustCompile(`^20\d\d-\d\d-\d\d$`),
	"datetime": regexp.MustCompile(`^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$`),
	"email":    regexp.MustCompile(`^[a-z0-9.]+@[a-z.]+$`),
	"rating":   regexp.MustCompile(`^[1-5]\.\d$`),
	"count":    regexp.MustCompile(`^\d+$`),
	"page":     regexp.MustCompile(`^\d+$`),
	"sku":      regexp.MustCompile(`^[A-Z]{3}-\d{6}$`),
	"ean":      regexp.MustCompile(`^\d{13}$`),
	"phone":    regexp.MustCompile(`^\+[\d -]+$`),
}

// hasShape reports whether a value, nil when it is missing, looks as the golden
// row says: a shape, null, a group with the keys of its objects, or an address.
func hasShape(t *testing.T, value *string, shape string) bool {
	t.Helper()
	if shape == "null" || value == nil {
		return shape == "null" && value == nil
	}
	if keys, ok := strings.CutPrefix(shape, "group "); ok {
		var group []map[string]string
		if err := json.Unmarshal([]byte(*value), &group); err != nil || len(group) < 2 {
			return false
		}
		for _, entry := range group {
			for key := range strings.FieldsSeq(keys) {
				if entry[key] == "" || len(entry) != len(strings.Fields(keys)) {
					return false
				}
			}
		}
		return true
	}
	if strings.Contains(shape, "://") {
		return *value == shape
	}
	pattern := shapes[shape]
	if pattern == nil {
		t.Fatalf("no such shape: %q", shape)
	}
	return pattern.MatchString(*value)
}

// full are options with which no value is missing.
var full = records.Options{Missing: map[string]float64{"": 0}}

// layoutOf reads a sitemap.
func layoutOf(t *testing.T, body string, o records.Options) (*sitemaps.Sitemap, *records.Layout) {
	t.Helper()
	s, err := sitemaps.Parse([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	l, err := records.NewLayout(s.Selectors, o)
	if err != nil {
		t.Fatal(err)
	}
	return s, l
}

// TestCorpus holds sitemaps of every shape that people have against a header and
// a first row that were written by hand from the contract, section 2a.
func TestCorpus(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/sitemaps/*.txt")
	if err != nil || len(paths) < 40 {
		t.Fatalf("%d sitemaps, %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			_, rest, _ := strings.Cut(string(text), "-- sitemap --\n")
			body, golden, ok := strings.Cut(rest, "\n-- row --\n")
			if !ok {
				t.Fatal("the file lacks a part")
			}
			s, l := layoutOf(t, body, full)
			var columns, want []string
			for line := range strings.Lines(golden) {
				column, shape, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " = ")
				columns, want = append(columns, column), append(want, shape)
			}
			if !slices.Equal(l.Header(), columns) {
				t.Fatalf("the columns are %q, want %q", l.Header(), columns)
			}
			row := l.NewMaker(records.Job{Seed: 1, ID: 1}).Row(0, 1, 0, s.Pages.AppendURL(nil, 0))
			fields, err := records.ReadRow(l.AppendJSON(nil, row))
			if err != nil {
				t.Fatal(err)
			}
			for i, field := range fields {
				value := &field.Value
				if field.Kind == records.Null {
					value = nil
				}
				if field.Name != columns[i] || !hasShape(t, value, want[i]) {
					t.Errorf("%s is %q (%v), want %s = %s", field.Name, field.Value, field.Kind, columns[i], want[i])
				}
			}
		})
	}
}

// TestCorpusIsGivenBack: GET sitemap/{id} gives JSON that means what was sent,
// compact, and a sitemap that was given back is given back the same.
func TestCorpusIsGivenBack(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/sitemaps/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(string(text), "-- sitemap --\n")
		body, _, _ := strings.Cut(rest, "\n-- row --\n")
		s, _ := layoutOf(t, body, full)
		again, _ := layoutOf(t, s.JSON, full)
		if again.JSON != s.JSON || strings.Contains(s.JSON, `\/`) || strings.Contains(s.JSON, "\n") {
			t.Errorf("%s is given back as %s", path, s.JSON)
		}
		if !strings.Contains(body, "\n") && s.JSON != body {
			t.Errorf("%s is compact already, and given back as %s", path, s.JSON)
		}
	}
}
