package records_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/internal/records"
	"github.com/scrapehook/scrapehook/internal/xlsx"
)

// open reads rows from a file of that content.
func open(t *testing.T, content string) (*records.File, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rows")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := records.Open(path)
	if err == nil {
		t.Cleanup(func() { _ = f.Close() })
	} else if !strings.Contains(err.Error(), path) {
		t.Errorf("the error does not name the file: %v", err)
	}
	return f, err
}

func workbook(t *testing.T, rows ...[]string) string {
	t.Helper()
	var b bytes.Buffer
	w, err := xlsx.NewWriter(&b, rows[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestOpen: rows as people have exported them, of each form, are the same records.
func TestOpen(t *testing.T) {
	t.Parallel()
	const (
		first  = `{"name":"a \"b\", c","link-href":"https:\/\/shop.example\/\u00fc","note":"1\n2"}`
		second = `{"name":"007","link-href":null,"note":"\ud83d\ude00"}`
	)
	table := [][]string{{"name", "link-href", "note"}, {`a "b", c`, "https://shop.example/ü", "1\n2"}, {"007", "", "😀"}}
	for name, content := range map[string]string{
		"JSON lines as the vendor's": first + "\n" + second + "\n",
		"JSON lines as others write": `{"name": "a \"b\", c", "link-href": "https://shop.example/ü", "note": "1\n2"}` + "\r\n" + `{"name":"007","link-href":null,"note":"😀"}`,
		"a JSON array":               "\n[" + first + ",\n " + second + "]\n",
		"CSV as the vendor's":        "\ufeffname,link-href,note\r\n\"a \"\"b\"\", c\",\"https://shop.example/ü\",\"1\n2\"\r\n\"007\",\"\",\"😀\"\r\n",
		"CSV as others write":        "name,link-href,note\n\"a \"\"b\"\", c\",https://shop.example/ü,\"1\n2\"\n007,,😀",
		"a workbook":                 workbook(t, table...),
	} {
		f, err := open(t, content)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if f.Len() != 2 || !slices.Equal(f.Header(), table[0]) || !slices.Equal(f.Filled(), []int{2, 1, 2}) {
			t.Errorf("%s: %d rows of %q, filled %v", name, f.Len(), f.Header(), f.Filled())
		}
		for i, want := range []string{first, second, "{}"} {
			if got := string(f.AppendRow(nil, i)); got != want {
				t.Errorf("%s: row %d is %s, want %s", name, i, got, want)
			}
		}
	}
}

// TestOpenKeeps: what is neither text nor null, columns that some rows lack, and
// line ends within values stay.
func TestOpenKeeps(t *testing.T) {
	t.Parallel()
	f, err := open(t, `{"a":1.50,"b":{"c": [1, "x"]}}`+"\n"+`{"d":true,"a":""}`+"\n")
	if err != nil {
		t.Fatal(err)
	}
	if got := string(f.AppendRow(nil, 0)) + string(f.AppendRow(nil, 1)); got != `{"a":1.50,"b":{"c":[1,"x"]}}{"d":true,"a":""}` {
		t.Errorf("the rows are %s", got)
	}
	if want := []string{"a", "b", "d"}; !slices.Equal(f.Header(), want) {
		t.Errorf("the columns are %q, want %q", f.Header(), want)
	}
	f, err = open(t, "a\n\"1\r\n2\r\"\n")
	if err != nil {
		t.Fatal(err)
	}
	if got := string(f.AppendRow(nil, 0)); got != `{"a":"1\r\n2\r"}` {
		t.Errorf("the row is %s", got)
	}
	for _, none := range []string{"", "\n \n", "[]", "a,b\n", "\ufeff"} {
		if f, err := open(t, none); err != nil || f.Len() != 0 {
			t.Errorf("%q: %v", none, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 70_000) // more than is read at once
	for _, tc := range []struct{ name, content, want string }{
		{"a byte order mark before JSON", "\ufeff{\"a\":1}\n", "line 1: begins with a byte order mark"},
		{"a byte order mark before an array", "\ufeff[]", "line 1: begins with a byte order mark"},
		{"a blank line", "{\"a\":1}\n\n{\"a\":2}\n", "line 2: is blank"},
		{"a blank last line", "{\"a\":1}\n\n", "line 2: is blank"},
		{"a blank line in CSV", "a,b\n1,2\n\n3,4\n", "line 3: is blank"},
		{"a blank line after a long value", "a,b\n\"" + long + "\n\",2\n\n3,4\n", "line 4: is blank"},
		{"Latin-1", "{\"a\":\"x\"}\n{\"a\":\"caf\xe9\"}\n", "line 2: the byte 0xe9 is not UTF-8: is it Latin-1?"},
		{"Latin-1 in CSV", "a,b\n1,\"" + long + "\"\n1,caf\xe9\n", "line 3: the byte 0xe9 is not UTF-8"},
		{"a character that is cut off", "a\n1\xe2\x82", "line 2: the byte 0xe2 is not UTF-8"},
		{"UTF-16", "\xff\xfe{\x00", "line 1: the byte 0xff is not UTF-8"},
		{"NUL", "{\"a\":\"x\"}\n{\"a\":\"\x00\"}\n", "line 2: has a NUL character"},
		{"NUL in CSV", "a\n1\n2\n\x00\n", "line 4: has a NUL character"},
		{"not an object", "{\"a\":1}\n[1]\n", "line 2: is not a JSON object"},
		{"not JSON", "{\"a\":1}\n{\"a\":}\n", "line 2: invalid character"},
		{"two on a line", "{} {}\n", "line 1: has more than one JSON object"},
		{"an object over lines", "{\n\"a\":1\n}\n", "line 1: is not a whole JSON object"},
		{"not an object in an array", "[\n{\"a\":1},\n7]", "line 3: row 2: is not a JSON object"},
		{"an array that is cut off", "[{\"a\":1},\n{\"a\":2}\n", "line 2: row 3: unexpected EOF"},
		{"something after the array", "[{\"a\":1}]\n{}", "line 2: row 2: something follows the array"},
		{"too few values", "a,b\n1,2\n3\n", "line 3: has 1 values, and the header has 2 columns"},
		{"too many values", "a,b\n1,2,3\n", "line 2: has 3 values, and the header has 2 columns"},
		{"a column twice", "a,b,a\n1,2,3\n", `line 1: the column "a" comes twice`},
		{"a quote that is not closed", "a,b\n1,\"2\n3,4\n", "line 2: a quoted value is not closed"},
		{"text after a quote", "a,b\n\"1\"x,2\n", "line 2: \"x\" follows a quoted value"},
		{"a workbook that is none", "PK\x03\x04nothing", "workbook"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if _, err := open(t, tc.content); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q in it", err, tc.want)
			}
		})
	}
	if _, err := records.Open("/nowhere/rows.csv"); err == nil || !strings.Contains(err.Error(), "/nowhere/rows.csv") {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	_, l := layoutOf(t, `{"_id":"shop",`+oneStart+
		`{"id":"link","type":"SelectorLink","parentSelectors":["_root"]},{"id":"price","type":"SelectorText","parentSelectors":["_root"]}]}`, full)
	for content, want := range map[string]string{
		"web-scraper-order,web-scraper-start-url,link,link-href,price\n": "",
		"price,link-href,link\n":                   "",
		"link,price,web-scraper-order,colour\n":    `columns of the sitemap that the records lack: "link-href"; columns of the records that the sitemap does not have: "colour"`,
		"link,link-href,price,Price,\"a, \"\"\"\n": `columns of the records that the sitemap does not have: "Price", "a, \""`,
	} {
		f, err := open(t, content)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := f.Check(l); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", content, got, want)
		}
	}
}

func TestOpenOwn(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const rest = `"startUrl":"https://a.example/","selectors":[{"id":"a","type":"SelectorText"}]}`
	one, two := write("one.json", `{"_id":"one",`+rest), write("two.json", `{"_id":"two",`+rest)
	a, b := write("a.csv", "a\n1\n"), write("b.csv", "b\n1\n")
	own, err := records.OpenOwn([]string{one, two}, []string{a, "two=" + a, "other=" + b}, records.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer own.Close()
	if len(own.Sitemaps) != 2 || len(own.Files) != 3 || own.Files[""] == nil || own.Files["two"] == nil {
		t.Errorf("got %+v", own)
	}
	for want, args := range map[string][2][]string{
		`there are two of the name "one"`: {{one, one}},
		`sitemap "" has two files`:        {nil, {a, b}},
		`records of sitemap "two": columns of the sitemap that the records lack: "a"`: {{one, two}, {a, "two=" + b}},
		"b.csv: sitemap_object": {{b}},
	} {
		if _, err := records.OpenOwn(args[0], args[1], records.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %q", args, err, want)
		}
	}
}
