package records_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/internal/records"
	"github.com/scrapehook/scrapehook/internal/sitemaps"
)

func matches(t *testing.T, got, pattern string) {
	t.Helper()
	if !regexp.MustCompile(pattern).MatchString(got) {
		t.Errorf("got %q, want it to match %s", got, pattern)
	}
}

func benchLayout(b *testing.B) *records.Layout {
	b.Helper()
	s, err := sitemaps.Parse([]byte(`{"_id":"shop",` + oneStart +
		`{"id":"product","parentSelectors":["_root"],"type":"SelectorLink","multiple":true},` +
		`{"id":"title","parentSelectors":["product"],"type":"SelectorText"},` +
		`{"id":"price","parentSelectors":["product"],"type":"SelectorText"},` +
		`{"id":"image","parentSelectors":["product"],"type":"SelectorImage"},` +
		`{"id":"date","parentSelectors":["product"],"type":"SelectorText"}]}`))
	if err != nil {
		b.Fatal(err)
	}
	l, err := records.NewLayout(s.Selectors, records.Options{})
	if err != nil {
		b.Fatal(err)
	}
	return l
}

// TestJSONBytes holds rows against bytes that were written by hand: the slashes of
// the contract, section 2a, and what PHP's json_encode makes of everything else.
func TestJSONBytes(t *testing.T) {
	t.Parallel()
	l, err := records.NewLayout([]sitemaps.Selector{
		{ID: `a/b "c" é`, Type: sitemaps.Text, Parents: []string{"_root"}},
	}, records.Options{Missing: map[string]float64{"": 1}})
	if err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]string{
		"https://shop.example/":          `"https:\/\/shop.example\/"`,
		"é€ 😀 \u2028":                    `"\u00e9\u20ac \ud83d\ude00 \u2028"`,
		"\"\\\b\f\n\r\t\x01\x1f\x7f<>&'": `"\"\\\b\f\n\r\t\u0001\u001f` + "\x7f" + `<>&'"`,
		"":                               `""`,
	} {
		row := l.NewMaker(records.Job{Seed: 1, ID: 1}).Row(0, 12, 0, []byte(url))
		got := string(l.AppendJSON(nil, row))
		matches(t, got, `^\{"web-scraper-order":"\d{10}-12",`)
		if rest := `,"web-scraper-start-url":` + want + `,"a\/b \"c\" \u00e9":null}`; !strings.HasSuffix(got, rest) {
			t.Errorf("got %s, want it to end in %s", got, rest)
		}
	}
	raw, err := records.NewLayout(nil, records.Options{RawUnicode: true})
	if err != nil {
		t.Fatal(err)
	}
	row := raw.NewMaker(records.Job{}).Row(0, 1, 0, []byte("é/😀\xff"))
	if got := string(raw.AppendJSON(nil, row)); !strings.HasSuffix(got, `"web-scraper-start-url":"é\/😀`+"\ufffd"+`"}`) {
		t.Errorf("unescaped it is %s", got)
	}
}

// TestCSVBytes holds the form that the vendor's downloads have (contract, section
// 2a): the header bare, every value quoted.
func TestCSVBytes(t *testing.T) {
	t.Parallel()
	got := records.AppendCSVHeader([]byte(records.CSVMark), []string{"web-scraper-order", "web-scraper-start-url", "product", "a, \"b\""})
	got = records.AppendCSV(got, []string{"1611315699-1", "https://webscraper.io/test-sites", "MSI GL62M \"7REX2\", 15\"", "1\r\n2"})
	got = records.AppendCSV(got, []string{"1611315699-2", "https://webscraper.io/test-sites", "", "é"})
	const want = "\ufeffweb-scraper-order,web-scraper-start-url,product,\"a, \"\"b\"\"\"\r\n" +
		"\"1611315699-1\",\"https://webscraper.io/test-sites\",\"MSI GL62M \"\"7REX2\"\", 15\"\"\",\"1\r\n2\"\r\n" +
		"\"1611315699-2\",\"https://webscraper.io/test-sites\",\"\",\"é\"\r\n"
	if string(got) != want {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
}

// FuzzReadRow: where the short way reads a record, the long way reads the same.
func FuzzReadRow(f *testing.F) {
	for _, row := range []string{
		`{"a":"b"}`, `{"a":"b","c":""}`, `{}`, `{"a":"b",}`, `{"a":"b"}}`, `{"a":1}`, `{"a":"\u0062"}`, `{"a": "b"}`, "{\"a\":\"\xff\"}",
		`{"a":"b"`, `{"a":"ü😀"}`, `{"a":null}`, `{"a":nullx}`, `{"a":"\/\"\\"}`, `{"a":"\`, `{"a":"b":"c"}`, `{"a":[1,{"b":2}]}`,
	} {
		f.Add([]byte(row))
	}
	f.Fuzz(func(t *testing.T, row []byte) {
		short, ok := records.ReadFlat(row)
		if !ok {
			return
		}
		long, err := records.ReadAny(row)
		if err != nil || !slices.Equal(short, long) {
			t.Errorf("%q is read as %v, and as %v, %v", row, short, long, err)
		}
	})
}
