package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/internal/xlsx"
)

// drawnSitemap is any sitemap that the extension could export.
func drawnSitemap(draw *rand.Rand) string {
	pick := func(texts ...string) string { return texts[draw.IntN(len(texts))] }
	name := func(i int) string {
		return pick("title", "price", `a "quoted"`, "comma, semicolon;", "цена", "名前", "emoji 😀", "back\\slash", "/slash", "<b>&amp;", "num_employee") +
			fmt.Sprint(" ", i)
	}
	var selectors []map[string]any
	parents := []string{"_root"}
	for i := range 1 + draw.IntN(7) {
		kind := pick("SelectorText", "SelectorLink", "SelectorImage", "SelectorHTML", "SelectorElementAttribute", "SelectorGroup",
			"SelectorTable", "SelectorElement", "SelectorElementClick", "SelectorElementScroll", "SelectorPopupLink", "SelectorPagination")
		s := map[string]any{
			"id": name(i), "type": kind, "selector": "div.x", "multiple": draw.IntN(2) == 0,
			"parentSelectors": []string{parents[draw.IntN(len(parents))]},
		}
		switch kind {
		case "SelectorElement", "SelectorLink":
			parents = append(parents, name(i))
			s["id"] = parents[len(parents)-1]
		case "SelectorTable":
			s["columns"] = []map[string]any{
				{"header": "One", "name": name(i) + " one", "extract": true}, {"header": "Two", "name": name(i) + " two", "extract": false},
			}
		case "SelectorElementAttribute", "SelectorGroup":
			s["extractAttribute"] = pick("href", "src", "datetime", "data-id")
		}
		selectors = append(selectors, s)
	}
	text, err := json.Marshal(map[string]any{
		"_id": "drawn", "startUrl": []string{pick("https://shop.example/", "https://shop.example/[1-3]?ü=1")}, "selectors": selectors,
	})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// TestFormsOfRecordsAgree: whatever the sitemap, each form has the same columns and
// the same values.
func TestFormsOfRecordsAgree(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		sitemap := drawnSitemap(rand.New(rand.NewPCG(seed, 0)))
		path := inFile(t, "drawn.json", sitemap)
		printed := func(format string) []byte {
			var stdout, stderr bytes.Buffer
			if code := run(t.Context(), []string{"records", path, "--rows", "15", "--format", format, "--missing", "10%", "--script", "mixed"}, &stdout, &stderr); code != 0 {
				t.Fatalf("seed %d: %d %s\n%s", seed, code, stderr.String(), sitemap)
			}
			return stdout.Bytes()
		}
		table, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(printed("csv"), []byte("\ufeff")))).ReadAll()
		if err != nil || len(table) != 16 {
			t.Fatalf("seed %d: %d lines of CSV, %v\n%s", seed, len(table), err, sitemap)
		}
		if book := readBook(t, printed("xlsx")); !slices.EqualFunc(book, table, slices.Equal) {
			t.Errorf("seed %d: XLSX has\n%q\nCSV\n%q", seed, book[:2], table[:2])
		}
		if lines := readLines(t, printed("json"), table[0]); !slices.EqualFunc(lines, table, slices.Equal) {
			t.Errorf("seed %d: JSON has\n%q\nCSV\n%q", seed, lines[:2], table[:2])
		}
	}
}

// readBook is the table of a workbook, its header first.
func readBook(t *testing.T, book []byte) [][]string {
	t.Helper()
	reader, err := xlsx.NewReader(bytes.NewReader(book), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }() // it was only read
	table := [][]string{slices.Clone(reader.Header())}
	for {
		values, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return table
		}
		if err != nil {
			t.Fatal(err)
		}
		line := make([]string, len(table[0])) // the last cells may not be there
		copy(line, values)
		table = append(table, line)
	}
}

// readLines is the table of JSON lines, in the order of a header. A row must have
// these columns and no other.
func readLines(t *testing.T, text []byte, header []string) [][]string {
	t.Helper()
	table := [][]string{header}
	for text := range strings.Lines(string(text)) {
		var row map[string]*string
		if err := json.Unmarshal([]byte(text), &row); err != nil || len(row) != len(header) {
			t.Fatalf("%v: %s, want %q", err, text, header)
		}
		line := make([]string, len(header))
		for i, name := range header {
			value, there := row[name]
			if !there {
				t.Fatalf("no %q in %s", name, text)
			}
			if value != nil {
				line[i] = *value
			}
		}
		table = append(table, line)
	}
	return table
}
