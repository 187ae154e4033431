package records_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/scrapehook/scrapehook/internal/records"
)

const oneStart = `"startUrl":["https://shop.example/"],"selectors":[`

// table makes the first rows of a job, all of one page. A missing value is nil.
func table(l *records.Layout, j records.Job, rows int) [][]*string {
	m := l.NewMaker(j)
	var all [][]*string
	for i := range rows {
		row := m.Row(i, records.Number(i, 0, rows), 0, []byte("https://shop.example/"))
		var values []*string
		for c := range row.Len() {
			var value *string
			if text, ok := row.Cell(c); ok {
				copied := string(text)
				value = &copied
			}
			values = append(values, value)
		}
		all = append(all, values)
	}
	return all
}

// column is one column of a table; missing values are "-".
func column(t *testing.T, l *records.Layout, rows [][]*string, name string) []string {
	t.Helper()
	at := slices.Index(l.Header(), name)
	if at < 0 {
		t.Fatalf("no column %q in %q", name, l.Header())
	}
	var all []string
	for _, row := range rows {
		if row[at] == nil {
			all = append(all, "-")
			continue
		}
		all = append(all, *row[at])
	}
	return all
}

// TestNestedElementsMultiplyRows: a link that others hang on is repeated in the
// rows of its page, and what many stand on the page makes a row each.
func TestNestedElementsMultiplyRows(t *testing.T) {
	t.Parallel()
	_, l := layoutOf(t, `{"_id":"shop",`+oneStart+
		`{"id":"heading","parentSelectors":["_root"],"type":"SelectorText","selector":"h1"},`+
		`{"id":"product","parentSelectors":["_root"],"type":"SelectorLink","selector":"a","multiple":true},`+
		`{"id":"maker_text","parentSelectors":["product"],"type":"SelectorText","selector":"i"},`+
		`{"id":"variant","parentSelectors":["product"],"type":"SelectorElement","selector":"li","multiple":true},`+
		`{"id":"sku","parentSelectors":["variant"],"type":"SelectorText","selector":"b"},`+
		`{"id":"photo","parentSelectors":["product"],"type":"SelectorImage","selector":"img","multiple":true}]}`, full)
	if l.Block() != 6 {
		t.Fatalf("a product has %d rows, want 3 variants and 3 photos", l.Block())
	}
	rows := table(l, records.Job{Seed: 1, ID: 7}, 60)
	if got := slices.Compact(column(t, l, rows, "heading")); len(got) != 1 {
		t.Errorf("one page has the headings %q", got)
	}
	products := column(t, l, rows, "product-href")
	skus, photos := column(t, l, rows, "sku"), column(t, l, rows, "photo-src")
	makers := column(t, l, rows, "maker_text")
	for i := range rows {
		if first := i / 6 * 6; products[i] != products[first] || makers[i] != makers[first] {
			t.Errorf("row %d is of %s by %q, want the product of row %d", i, products[i], makers[i], first)
		}
		if (skus[i] == "-") == (photos[i] == "-") {
			t.Errorf("row %d is of the variant %q and the photo %q, want one of them", i, skus[i], photos[i])
		}
	}
	if n := len(slices.Compact(products)); n != 10 {
		t.Errorf("60 rows are of %d products, want 10", n)
	}
	if found := slices.DeleteFunc(skus, func(s string) bool { return s == "-" }); len(found) != 30 || len(slices.Compact(slices.Sorted(slices.Values(found)))) < 29 {
		t.Errorf("the variants are %q", found)
	}
}

// TestRandomAccess: any row is the same, whatever was made before it, and whoever
// makes it.
func TestRandomAccess(t *testing.T) {
	t.Parallel()
	_, l := layoutOf(t, `{"_id":"shop",`+oneStart+
		`{"id":"a","parentSelectors":["_root"],"type":"SelectorLink","multiple":true},`+
		`{"id":"b","parentSelectors":["a"],"type":"SelectorGroup","selector":"b"}]}`, records.Options{})
	j := records.Job{Seed: 3, ID: 1 << 40}
	rows := table(l, j, 50)
	for _, i := range []int{49, 0, 17} {
		row := l.NewMaker(j).Row(i, 1, 0, nil)
		for c := 2; c < row.Len(); c++ {
			text, ok := row.Cell(c)
			if ok != (rows[i][c] != nil) || ok && string(text) != *rows[i][c] {
				t.Errorf("row %d by itself has %q", i, text)
			}
		}
	}
}

// missingShares makes many rows of a sitemap, and returns how many of them miss a
// value in each column.
func missingShares(t *testing.T, body string, o records.Options, seed uint64) map[string]float64 {
	t.Helper()
	_, l := layoutOf(t, body, o)
	rows := table(l, records.Job{Seed: seed, ID: 1}, 20_000)
	shares := map[string]float64{}
	for _, name := range l.Header()[2:] {
		missing := 0
		for _, v := range column(t, l, rows, name) {
			if v == "-" {
				missing++
			}
		}
		shares[name] = float64(missing) / float64(len(rows))
	}
	counts := make([]int, len(l.Header())-2)
	for i, m := 0, l.NewMaker(records.Job{Seed: seed, ID: 1}); i < len(rows); i++ {
		m.Filled(i, 0, counts)
	}
	for i, name := range l.Header()[2:] {
		if got := 1 - float64(counts[i])/float64(len(rows)); math.Abs(got-shares[name]) > 1e-9 {
			t.Errorf("%s counts as missing in %.4f, and is in %.4f", name, got, shares[name])
		}
	}
	return shares
}

func TestMissingValues(t *testing.T) {
	t.Parallel()
	const body = `{"_id":"shop",` + oneStart +
		`{"id":"title","parentSelectors":["_root"],"type":"SelectorText"},` +
		`{"id":"note","parentSelectors":["_root"],"type":"SelectorText"},` +
		`{"id":"go","parentSelectors":["_root"],"type":"SelectorLink"},` +
		`{"id":"price","parentSelectors":["_root"],"type":"SelectorText"}]}`
	share := func(o records.Options, seed uint64) map[string]float64 { return missingShares(t, body, o, seed) }
	near := func(got, want float64) bool { return math.Abs(got-want) < 0.01 }
	typical := share(records.Options{}, 1)
	if typical["title"] != 0 || typical["note"] < 0.01 || typical["note"] > 0.13 || !near(typical["price"], 0.03) {
		t.Errorf("unless users say, missing are %v", typical)
	}
	if typical["go"] != typical["go-href"] {
		t.Errorf("a link's two columns miss %v", typical)
	}
	if other := share(records.Options{}, 2); other["note"] == typical["note"] {
		t.Error("another seed misses the same values")
	}
	var o records.Options
	for _, text := range []string{"10%", "note=100%", "go=25.5%", "price=0%"} {
		if err := o.ParseMissing(text); err != nil {
			t.Fatal(err)
		}
	}
	set := share(o, 1)
	if !near(set["title"], 0.1) || set["note"] != 1 || !near(set["go-href"], 0.255) || set["price"] != 0 {
		t.Errorf("as users say, missing are %v", set)
	}
	for _, text := range []string{"", "10", "x%", "-1%", "101%", "a=b=", "NaN%"} {
		if err := o.ParseMissing(text); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}

// TestNumber: the rows of a run have each of its numbers once, and do not come
// sorted.
func TestNumber(t *testing.T) {
	t.Parallel()
	for first := range 3 {
		for rows := 1; rows < 300; rows++ {
			seen := map[int64]bool{}
			sorted := true
			for i := first; i < first+rows; i++ {
				n := records.Number(i, first, first+rows)
				if n <= int64(first) || n > int64(first+rows) || seen[n] {
					t.Fatalf("of %d rows from %d, row %d is number %d", rows, first, i, n)
				}
				sorted = sorted && n == int64(i)+1
				seen[n] = true
			}
			if sorted && rows > 1 {
				t.Fatalf("%d rows come sorted", rows)
			}
		}
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	body := `{"_id":"shop",` + oneStart
	for _, name := range []string{"title", "author", "city", "country", "street", "company", "colour", "category", "description", "price", "date"} {
		body += `{"id":"` + name + `","parentSelectors":["_root"],"type":"SelectorText"},`
	}
	body = strings.TrimSuffix(body, ",") + "]}"
	inScript := map[string]func(rune) bool{
		"latin":    func(r rune) bool { return unicode.Is(unicode.Latin, r) },
		"cyrillic": func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) },
		"greek":    func(r rune) bool { return unicode.Is(unicode.Greek, r) },
		"chinese":  func(r rune) bool { return unicode.Is(unicode.Han, r) },
		"arabic":   func(r rune) bool { return unicode.Is(unicode.Arabic, r) },
		"emoji":    func(r rune) bool { return r >= 0x2300 },
		"mixed":    unicode.IsLetter,
	}
	if names := slices.Sorted(maps.Keys(inScript)); !slices.Equal(names, slices.Sorted(slices.Values(records.Scripts()))) {
		t.Fatalf("the scripts are %v", records.Scripts())
	}
	for script, is := range inScript {
		_, l := layoutOf(t, body, records.Options{Missing: full.Missing, Scripts: []string{script}})
		for _, row := range table(l, records.Job{}, 200) {
			for i, value := range row[2:11] {
				if !utf8.ValidString(*value) || !strings.ContainsFunc(*value, is) {
					t.Fatalf("%s in %s is %q", l.Header()[i+2], script, *value)
				}
			}
		}
	}
	for currency, want := range map[string]string{
		"USD": `^\$`, "EUR": "€$", "GBP": "^£", "CHF": "^CHF ", "JPY": "^¥", "CNY": "^¥", "INR": "^₹", "PLN": "zł$", "RUB": "₽$", "none": `^\d+\.\d\d$`,
	} {
		_, l := layoutOf(t, body, records.Options{Missing: full.Missing, Currency: currency})
		for _, price := range column(t, l, table(l, records.Job{}, 50), "price") {
			matches(t, price, want)
		}
	}
	for style, want := range map[string]string{
		"iso": `^\d{4}-\d\d-\d\d$`, "datetime": `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$`, "us": `^\d\d/\d\d/\d{4}$`, "uk": `^\d\d/\d\d/\d{4}$`,
		"de": `^\d\d\.\d\d\.\d{4}$`, "long": `^[A-Z][a-z]+ \d{1,2}, \d{4}$`,
	} {
		_, l := layoutOf(t, body, records.Options{Missing: full.Missing, Dates: style})
		for _, date := range column(t, l, table(l, records.Job{}, 50), "date") {
			matches(t, date, want)
		}
	}
	for _, o := range []records.Options{
		{Scripts: []string{"runic"}}, {Currency: "XXX"}, {Dates: "never"}, {Extension: "2"}, {Missing: map[string]float64{"a": 1.5}},
	} {
		if _, err := records.NewLayout(nil, o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}

// TestLaterExtension holds the columns that extension 1.107 gives.
func TestLaterExtension(t *testing.T) {
	t.Parallel()
	_, l := layoutOf(t, `{"_id":"shop",`+oneStart+
		`{"id":"a","parentSelectors":["_root"],"type":"SelectorLink","version":2},`+
		`{"id":"b","parentSelectors":["_root"],"type":"SelectorImage","version":2},`+
		`{"id":"c","parentSelectors":["_root"],"type":"SelectorSitemapXmlLink","version":2},`+
		`{"id":"d","parentSelectors":["_root"],"type":"SelectorText","version":2,"multipleType":"multipleColumns","columnCount":2},`+
		`{"id":"e","parentSelectors":["_root"],"type":"SelectorImage","multipleType":"multipleColumns","columnCount":2},`+
		`{"id":"f","parentSelectors":["_root"],"type":"SelectorPopupLink","version":2},`+
		`{"id":"g","parentSelectors":["_root"],"type":"SelectorLink"}]}`, records.Options{Extension: "1.107"})
	want := "a b c d_1 d_2 e-1-src e-2-src f f-href g g-href"
	if got := strings.Join(l.Header()[2:], " "); got != want {
		t.Errorf("the columns are %s, want %s", got, want)
	}
}

// TestPlanIsBounded: sitemaps that nobody writes by hand take neither long nor
// much memory.
func TestPlanIsBounded(t *testing.T) {
	t.Parallel()
	type selector struct {
		ID       string   `json:"id"`
		Type     string   `json:"type"`
		Parents  []string `json:"parentSelectors"`
		Multiple bool     `json:"multiple"`
	}
	deep, wide, web := []selector{}, []selector{}, []selector{}
	parents := []string{"_root"}
	for i := range 2000 {
		id := fmt.Sprintf("s%d", i)
		deep = append(deep, selector{id, "SelectorElement", []string{parents[len(parents)-1]}, true})
		wide = append(wide, selector{id, "SelectorText", []string{"_root"}, true})
		if i < 100 { // each below all that came before, and below itself
			web = append(web, selector{id, "SelectorLink", append(slices.Clone(parents), id), true})
		}
		parents = append(parents, id)
	}
	deep = append(deep, selector{"leaf", "SelectorText", []string{"s1999"}, false})
	for name, all := range map[string][]selector{"deep": deep, "wide": wide, "web": web} {
		list, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		_, l := layoutOf(t, `{"_id":"shop","startUrl":["https://a.example/"],"selectors":`+string(list)+`}`, full)
		if l.Block() > 256 {
			t.Errorf("%s: a block has %d rows", name, l.Block())
		}
		if rows := table(l, records.Job{}, 3); len(rows) != 3 {
			t.Errorf("%s: %d rows", name, len(rows))
		}
	}
}

// BenchmarkRows makes rows of a link with six columns on its page.
func BenchmarkRows(b *testing.B) {
	l := benchLayout(b)
	m := l.NewMaker(records.Job{Seed: 1, ID: 1})
	var line []byte
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		line = l.AppendJSON(line[:0], m.Row(i, records.Number(i, 0, math.MaxInt32), i%100, []byte("https://shop.example/list?page=1")))
		i++
	}
	b.SetBytes(int64(len(line)))
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
