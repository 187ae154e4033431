package rows_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/scenarios/internal/rows"
)

// lines are rows written one a line.
func lines(text string) (out []json.RawMessage) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, json.RawMessage(line))
		}
	}
	return out
}

func wanted(text string) (out [][]byte) {
	for _, line := range lines(text) {
		out = append(out, line)
	}
	return out
}

const shop = `
	{"web-scraper-order":"1700000001-1","title":"Chair","price":"373.79","link-href":"https://a.example/1","added":"2024-03-01","stock":"true","note":null}
	{"web-scraper-order":"1700000001-2","title":"Table","price":"12.50","link-href":"https://a.example/2","added":"2024-03-02","stock":"false","note":"new"}
	{"web-scraper-order":"1700000001-3","title":"Lamp","price":"1200.00","link-href":"https://a.example/3","added":"2024-03-03","stock":"true","note":""}`

// Each is a right way to store the rows above.
func TestRightWaysToStoreRows(t *testing.T) {
	t.Parallel()
	for name, got := range map[string]string{
		"as they are": shop,
		"in another order": `
			{"web-scraper-order":"1700000001-3","title":"Lamp","price":"1200.00","link-href":"https://a.example/3","added":"2024-03-03","stock":"true","note":""}
			{"web-scraper-order":"1700000001-1","title":"Chair","price":"373.79","link-href":"https://a.example/1","added":"2024-03-01","stock":"true","note":null}
			{"web-scraper-order":"1700000001-2","title":"Table","price":"12.50","link-href":"https://a.example/2","added":"2024-03-02","stock":"false","note":"new"}`,
		"typed, with columns left out and added": `
			{"scrapingjob_id":7,"title":"Chair","price":373.79,"added":"2024-03-01T00:00:00Z","stock":true}
			{"scrapingjob_id":7,"title":"Table","price":12.5,"added":"2024-03-02T00:00:00Z","stock":false}
			{"scrapingjob_id":7,"title":"Lamp","price":1200,"added":"2024-03-03T00:00:00Z","stock":true}`,
		"single precision, and booleans as bits": `
			{"title":"Chair","price":373.790009,"stock":1}
			{"title":"Table","price":12.5,"stock":0}
			{"title":"Lamp","price":1200,"stock":1}`,
		"renamed": `
			{"id":1,"name":"Chair","amount":"373.790","url":"https://a.example/1","orderNo":"1700000001-1"}
			{"id":2,"name":"Table","amount":"12.500","url":"https://a.example/2","orderNo":"1700000001-2"}
			{"id":3,"name":"Lamp","amount":"1200.000","url":"https://a.example/3","orderNo":"1700000001-3"}`,
		"nested": `
			{"job":7,"record":{"title":"Chair","price":"373.79","note":""}}
			{"job":7,"record":{"title":"Table","price":"12.50","note":"new"}}
			{"job":7,"record":{"title":"Lamp","price":"1200.00"}}`,
		"as JSON in a text column": `
			{"job":7,"data":"{\"title\":\"Chair\",\"price\":\"373.79\"}"}
			{"job":7,"data":"{\"title\":\"Table\",\"price\":\"12.50\"}"}
			{"job":7,"data":"{\"title\":\"Lamp\",\"price\":\"1200.00\"}"}`,
		"with names as a database likes them": `
			{"web_scraper_order":"1700000001-1","title":"Chair","link_href":"https://a.example/1"}
			{"web_scraper_order":"1700000001-2","title":"Table","link_href":"https://a.example/2"}
			{"web_scraper_order":"1700000001-3","title":"Lamp","link_href":"https://a.example/3"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := rows.Compare(wanted(shop), lines(got), nil)
			if !c.Comparable() || !c.Equal() {
				t.Errorf("comparable %v, equal %v: %+v", c.Comparable(), c.Equal(), c)
			}
		})
	}
}

func TestFormIsNamedOnce(t *testing.T) {
	t.Parallel()
	c := rows.Compare(wanted(shop), lines(`
		{"title":"Chair","price":373.79}
		{"title":"Table","price":12.5}
		{"title":"Lamp","price":1200}`), nil)
	var got string
	for _, col := range c.Columns {
		got += fmt.Sprintln(col.Name, col.Path, col.Form, col.Want, col.Got)
	}
	const want = "price price number \"373.79\" 373.79\ntitle title text  \n"
	if got != want {
		t.Errorf("columns\n%s\nwant\n%s", got, want)
	}
	if got := fmt.Sprint(c.NotStored); got != "[added link-href note stock web-scraper-order]" {
		t.Errorf("not stored: %s", got)
	}
}

// Each is a wrong way to store them, with what is said of it: numbers of rows
// missing, too many, doubled and changed.
func TestWrongWaysToStoreRows(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ got, said string }{
		"one is missing": {`
			{"title":"Chair","price":"373.79"}
			{"title":"Table","price":"12.50"}`, "1 0 0 0"},
		"one is there twice": {`
			{"title":"Chair","price":"373.79"}
			{"title":"Chair","price":"373.79"}
			{"title":"Table","price":"12.50"}
			{"title":"Lamp","price":"1200.00"}`, "0 0 1 0"},
		"one is foreign": {`
			{"title":"Chair","price":"373.79"}
			{"title":"Table","price":"12.50"}
			{"title":"Lamp","price":"1200.00"}
			{"title":"Boat","price":"9"}`, "0 1 0 0"},
		"a value is another one": {`
			{"web-scraper-order":"1700000001-1","title":"Chair","price":"373.79"}
			{"web-scraper-order":"1700000001-2","title":"Tble","price":"12.50"}
			{"web-scraper-order":"1700000001-3","title":"Lamp","price":"1200.00"}`, "0 0 0 1"},
		"values are mixed up between rows": {`
			{"title":"Chair","price":"12.50","link-href":"https://a.example/1"}
			{"title":"Table","price":"373.79","link-href":"https://a.example/2"}
			{"title":"Lamp","price":"1200.00","link-href":"https://a.example/3"}`, "0 0 0 2"},
		"null became a word": {`
			{"title":"Chair","note":"None"}
			{"title":"Table","note":"new"}
			{"title":"Lamp","note":""}`, "1 1 0 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := rows.Compare(wanted(shop), lines(test.got), nil)
			said := fmt.Sprint(len(c.Missing), len(c.Extra), len(c.Doubled), len(c.Changed))
			if said != test.said {
				t.Errorf("missing, extra, doubled, changed: %s, want %s: %+v", said, test.said, c)
			}
		})
	}
}

// A text with one number in it is compared as a text, whatever happens to the rest
// of it; a number with a currency may be stored as the number.
func TestTextsWithANumber(t *testing.T) {
	t.Parallel()
	want := wanted(`
		{"o":"1","v":"kůň č. 1","price":"100,00 €"}
		{"o":"2","v":"kůň č. 2","price":"US$ 1,101.50"}`)
	for name, test := range map[string]struct {
		got   string
		equal bool
	}{
		"characters are broken": {`{"o":"1","v":"k��ň č. 1"}
			{"o":"2","v":"kůň ��. 2"}`, false},
		"only the number is kept of a text": {`{"o":"1","v":"1"}
			{"o":"2","v":"2"}`, false},
		"the currency is broken in all rows": {`{"o":"1","price":"100,00 ��"}
			{"o":"2","price":"U�$ 1,101.50"}`, false},
		"prices as numbers": {`{"o":"1","price":100}
			{"o":"2","price":1101.5}`, true},
		"prices as a database's money": {`{"o":"1","price":"$100.00"}
			{"o":"2","price":"$1,101.50"}`, true},
		"prices as decimals in text": {`{"o":"1","price":"100.00"}
			{"o":"2","price":"1101.50"}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c := rows.Compare(want, lines(test.got), nil); c.Equal() != test.equal {
				t.Errorf("equal %v: %+v", c.Equal(), c)
			}
		})
	}
}

// A column that holds plain text beside figures is not typed: what a figure
// loses is lost.
func TestFiguresInATextColumn(t *testing.T) {
	t.Parallel()
	want := wanted(`
		{"web-scraper-order":"1","v":"007"}
		{"web-scraper-order":"2","v":"plain"}`)
	c := rows.Compare(want, lines(`
		{"web-scraper-order":"1","v":7}
		{"web-scraper-order":"2","v":"plain"}`), nil)
	if len(c.Changed) != 1 || c.Changed[0].Fields[0] != (rows.FieldChange{Column: "v", Want: `"007"`, Got: "7"}) {
		t.Errorf("%+v", c)
	}
}

func TestLongNumbersAreExact(t *testing.T) {
	t.Parallel()
	want := wanted(`
		{"a":"12345678901234567890","b":"x"}
		{"a":"98765432109876543210","b":"y"}`)
	c := rows.Compare(want, lines(`
		{"a":12345678901234567000,"b":"x"}
		{"a":98765432109876540000,"b":"y"}`), nil)
	if c.Equal() {
		t.Errorf("digits were lost without a word: %+v", c)
	}
}

func TestMappingTakesPrecedence(t *testing.T) {
	t.Parallel()
	want := wanted(`
		{"title":"a","other":"b"}
		{"title":"c","other":"d"}`)
	got := lines(`
		{"title":"b","x":{"y":"a"}}
		{"title":"d","x":{"y":"c"}}`)
	c := rows.Compare(want, got, map[string]string{"title": "x.y", "other": "title"})
	if !c.Equal() || len(c.Columns) != 2 {
		t.Errorf("%+v", c)
	}
}

func TestRowsWithoutAColumnInCommon(t *testing.T) {
	t.Parallel()
	c := rows.Compare(wanted(shop), lines(`{"foo":1}`), nil)
	if c.Comparable() || len(c.NotStored) != 7 {
		t.Errorf("%+v", c)
	}
}

func TestEqualRowsCountEach(t *testing.T) {
	t.Parallel()
	want := wanted(`{"t":"a","u":"1"}
		{"t":"a","u":"1"}
		{"t":"b","u":"2"}`)
	c := rows.Compare(want, lines(`{"t":"a","u":"1"}
		{"t":"b","u":"2"}`), nil)
	if len(c.Missing) != 1 {
		t.Errorf("a merged row is not missed: %+v", c)
	}
}

func BenchmarkCompare(b *testing.B) {
	var want [][]byte
	var got []json.RawMessage
	for i := range 25_000 {
		row := fmt.Appendf(nil, `{"web-scraper-order":"1700000001-%d","title":"thing %d","price":"%d.50"}`, i, i, i)
		want, got = append(want, row), append(got, row)
	}
	for b.Loop() {
		rows.Compare(want, got, nil)
	}
}

// What is a word in the download may be a number there, one for one.
func TestCodes(t *testing.T) {
	t.Parallel()
	want := wanted(`{"t":"a","stock":"In stock"}
		{"t":"b","stock":"Out of stock"}
		{"t":"c","stock":"In stock"}`)
	c := rows.Compare(want, lines(`{"t":"a","stock":1}
		{"t":"b","stock":0}
		{"t":"c","stock":1}`), nil)
	if !c.Equal() || c.Columns[0].Form != rows.Code {
		t.Errorf("%+v", c)
	}
	// Most rows have no value there, on either side.
	sparse := rows.Compare(wanted(`{"t":"a","stock":"In stock"}
		{"t":"b","stock":null}
		{"t":"c","stock":""}
		{"t":"d"}`), lines(`{"t":"a","stock":1}
		{"t":"b","stock":null}
		{"t":"c","stock":null}
		{"t":"d","stock":null}`), map[string]string{"t": "t", "stock": "stock"})
	if !sparse.Equal() {
		t.Errorf("%+v", sparse)
	}
	for name, got := range map[string]string{
		"another code in one row": `{"t":"a","stock":1}
			{"t":"b","stock":0}
			{"t":"c","stock":0}`,
		"all the same": `{"t":"a","stock":0}
			{"t":"b","stock":0}
			{"t":"c","stock":0}`,
	} {
		if c := rows.Compare(want, lines(got), nil); c.Equal() {
			t.Errorf("%s: nothing is found", name)
		}
	}
}

// A typed column beside which is kept what does not fit its type.
func TestValuesInTwoPlaces(t *testing.T) {
	t.Parallel()
	want := wanted(`{"t":"a","date":"2024-03-01"}
		{"t":"b","date":"2024-03-02"}
		{"t":"c","date":"2024-03-03"}
		{"t":"d","date":"2024-03-04"}`)
	c := rows.Compare(want, lines(`{"t":"a","seen":"2024-03-01T00:00:00Z"}
		{"t":"b","seen":"2024-03-02T00:00:00Z"}
		{"t":"c","more":{"date":"2024-03-03"}}
		{"t":"d","more":{"date":"2024-03-04"}}`), nil)
	if !c.Equal() || len(c.Columns) != 2 {
		t.Errorf("%+v", c)
	}
	// What was learned holds for fewer rows, too.
	few := rows.Compare(want[:2], lines(`{"t":"a","seen":"2024-03-01T00:00:00Z"}
		{"t":"b","more":{"date":"2024-03-02"}}`), c.Mapping())
	if !few.Equal() || len(few.Columns) != 2 {
		t.Errorf("%+v", few)
	}
}
