package sitemaps_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/internal/sitemaps"
)

// TestRefused holds the faults of wrong sitemaps against files that were written
// by hand: a sitemap, and a line for each field with all that is wrong about it.
func TestRefused(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/refused/*.txt")
	if err != nil || len(paths) < 30 {
		t.Fatalf("%d files, %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			_, rest, _ := strings.Cut(string(text), "-- sitemap --\n")
			body, want, ok := strings.Cut(rest, "\n-- errors --\n")
			if !ok {
				t.Fatal("the file lacks a part")
			}
			parsed, err := sitemaps.Parse([]byte(body))
			var wrong *sitemaps.Error
			if !errors.As(err, &wrong) {
				t.Fatalf("got %+v, %v, want an Error", parsed, err)
			}
			var got strings.Builder
			for _, field := range slices.Sorted(maps.Keys(wrong.Fields)) {
				got.WriteString(field + ": " + strings.Join(wrong.Fields[field], " ") + "\n")
			}
			if got.String() != want {
				t.Errorf("got\n%swant\n%s", got.String(), want)
			}
		})
	}
}

// TestBadInput: what nobody writes by hand is refused with its place, in bounded
// time and memory.
func TestBadInput(t *testing.T) {
	t.Parallel()
	selectors := func(n int, one string) string {
		return `{"_id":"shop","startUrl":["https://a.example/"],"selectors":[` + strings.TrimSuffix(strings.Repeat(one+",", n), ",") + `]}`
	}
	for _, tc := range []struct{ name, body, want string }{
		{"50 MB", `{"_id":"` + strings.Repeat("x", 50<<20) + `"}`, "it is longer than 16777216 bytes"},
		{"a hundred levels", "{\n\"selectors\":" + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "}", "line 2, column 44: it is nested more than 32 levels deep"},
		{"a million selectors", selectors(1_000_000, "{}"), "The sitemap_object.selectors must not have more than 10000 entries."},
		{"a million columns", selectors(1, `{"id":"t","type":"SelectorTable","columns":[`+strings.TrimSuffix(strings.Repeat("{},", 1_000_000), ",")+`]}`), "columns must not have more than 10000 entries."},
		{"a million start URLs", `{"_id":"shop","startUrl":[` + strings.TrimSuffix(strings.Repeat(`"",`, 1_000_000), ",") + `],"selectors":[]}`, "The sitemap_object.startUrl has more than 10000 start URLs."},
		{"a thousand faults", selectors(1000, "1"), "There are more faults than these."},
		{"Latin-1", "{\"_id\":\"caf\xe9\"}", "line 1, column 12: the byte 0xe9 is not UTF-8"},
		{"NUL", "{\n\"_id\":\"a\x00b\"}", "line 2, column 9: invalid character"},
		{"a long name", `{"_id":"` + strings.Repeat("ü", 1000) + `","startUrl":["https://a.example/"],"selectors":[]}`, "…\" is not a sitemap name"},
		{"nothing", "", "line 1, column 1: unexpected end of JSON input"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			parsed, err := sitemaps.Parse([]byte(tc.body))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("got %v, want %q in it", err, tc.want)
			}
			if parsed != nil || len(err.Error()) > 20_000 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
		})
	}
}

func TestReadFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "shop.json")
	if _, err := sitemaps.ReadFile(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"_id":"shop"}`)
	if _, err := sitemaps.ReadFile(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want the file named", err)
	}
	write("{\"selectors\": [],\n\"startUrl\":\"https:\\/\\/a.example\\/\\u00e9\\\\\\/\", \"_id\":\"shop\"}\n")
	s, err := sitemaps.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"selectors":[],"startUrl":"https://a.example/\u00e9\\/","_id":"shop"}`; s.JSON != want {
		t.Errorf("it is given back as %s, want %s", s.JSON, want)
	}
	if got := s.Pages.URL(0); got != `https://a.example/%C3%A9\/` {
		t.Errorf("it starts at %s", got)
	}
}
