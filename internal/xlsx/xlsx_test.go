package xlsx_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/internal/xlsx"
)

// write makes a workbook.
func write(t *testing.T, table [][]string) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := xlsx.NewWriter(&out, table[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range table[1:] {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// read reads a workbook's table, its header first.
func read(file []byte) (table [][]string, skipped []string, err error) {
	r, err := xlsx.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	table = append(table, r.Header())
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return table, r.Skipped(), nil
		}
		if err != nil {
			return table, nil, err
		}
		table = append(table, slices.Clone(row))
	}
}

func equal(a, b [][]string) bool { return slices.EqualFunc(a, b, slices.Equal[[]string]) }

// awkward is a table with what workbooks get wrong.
var awkward = [][]string{
	{"text", "with space", "naïve-href", "<tag>&\"'"},
	{"007", "1e5", "=1+1", "TRUE"},
	{"", "only the second", "", ""},
	{"line\nfeed", "line\r\nend", "tab\tand  two spaces ", " begins with one"},
	{"<b>&amp;</b>", `"quoted"`, "emoji 😀", "中文 עברית ﷽"},
	{"\x00\x01\x1f", "_x0041_", "_x005F_", "\ufffe\uffff"},
	{"_", "_x", "__x0041__", "_xZZZZ_"},
	{"https://shop.example/a?b=1&c=2", "2026-11-25", "1,234.50 €", "[{\"a\":\"b\"}]"},
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	got, skipped, err := read(write(t, awkward))
	if err != nil || !equal(got, awkward) || skipped != nil {
		t.Errorf("got  %q\nwant %q, %v, %q", got, awkward, err, skipped)
	}
}

// TestAnyTextSurvives writes texts of random characters, the odd ones often.
func TestAnyTextSurvives(t *testing.T) {
	t.Parallel()
	const seed = 16
	random := rand.New(rand.NewPCG(seed, seed))
	odd := []rune("_x00FfAa41<>&\"'\r\n\t \x00\x02\x7f\u0085\u2028\ufffd\ufffe😀𐍈")
	table := [][]string{{"a", "b", "c"}}
	for range 500 {
		row := make([]string, 3)
		for i := range row {
			var text []rune
			for range 1 + random.IntN(20) {
				text = append(text, odd[random.IntN(len(odd))])
			}
			row[i] = string(text)
		}
		table = append(table, row)
	}
	got, _, err := read(write(t, table))
	if err != nil || len(got) != len(table) {
		t.Fatalf("%d rows, %v", len(got), err)
	}
	for i := range table {
		if !slices.Equal(got[i], table[i]) {
			t.Errorf("seed %d, row %d: got %q, want %q", seed, i, got[i], table[i])
		}
	}
}

func TestTheSameTableGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	if !bytes.Equal(write(t, awkward), write(t, awkward)) {
		t.Error("two workbooks of one table differ")
	}
}

// TestALongTextIsCut counts characters as spreadsheets do, and cuts none in two.
func TestALongTextIsCut(t *testing.T) {
	t.Parallel()
	const most = 32_767
	for name, tc := range map[string]struct{ text, want string }{
		"as long as it may be": {strings.Repeat("x", most), strings.Repeat("x", most)},
		"one too long":         {strings.Repeat("x", most+1), strings.Repeat("x", most)},
		"two bytes each":       {strings.Repeat("ä", most+1), strings.Repeat("ä", most)},
		"two units each":       {strings.Repeat("😀", most), strings.Repeat("😀", most/2)},
		"short, many bytes":    {strings.Repeat("中", most), strings.Repeat("中", most)},
		"escaped":              {strings.Repeat("\x01", most+1), strings.Repeat("\x01", most)},
		"not UTF-8":            {"a\xffb", "a\ufffdb"},
	} {
		got, _, err := read(write(t, [][]string{{"c"}, {tc.text}}))
		if err != nil || len(got) != 2 || got[1][0] != tc.want {
			t.Errorf("%s: %v, %d bytes, want %d", name, err, len(got[1][0]), len(tc.want))
		}
	}
}

func TestOnlyAHeader(t *testing.T) {
	t.Parallel()
	got, _, err := read(write(t, [][]string{{"a", "b"}}))
	if err != nil || !equal(got, [][]string{{"a", "b"}}) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestColumns(t *testing.T) {
	t.Parallel()
	header := make([]string, xlsx.MaxColumns)
	for i := range header {
		header[i] = fmt.Sprint("column ", i)
	}
	got, _, err := read(write(t, [][]string{header, header}))
	if err != nil || !equal(got, [][]string{header, header}) {
		t.Errorf("%d rows, %v", len(got), err)
	}
	var out bytes.Buffer
	if _, err := xlsx.NewWriter(&out, make([]string, xlsx.MaxColumns+1)); err == nil || out.Len() > 0 {
		t.Errorf("one column more: %v after %d bytes", err, out.Len())
	}
	w, err := xlsx.NewWriter(&out, []string{"a"})
	if err != nil || w.Write([]string{"1", "2"}) == nil {
		t.Errorf("a row that is longer than the header was written, %v", err)
	}
}

// TestAFullSheet goes on in another one.
func TestAFullSheet(t *testing.T) {
	t.Parallel()
	const rows = xlsx.MaxRows + 2 // three beyond the first sheet, which has a header
	var out bytes.Buffer
	w, err := xlsx.NewWriter(&out, []string{"n"})
	if err != nil {
		t.Fatal(err)
	}
	value := []string{"x"}
	for i := 0; i < rows && err == nil; i++ {
		err = w.Write(value)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	book, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for part, want := range map[string]int{"xl/worksheets/sheet1.xml": xlsx.MaxRows, "xl/worksheets/sheet2.xml": 4} {
		sheet, err := fs.ReadFile(book, part)
		if got := bytes.Count(sheet, []byte("<row ")); err != nil || got != want {
			t.Errorf("%s has %d rows, want %d, %v", part, got, want, err)
		}
		if last := fmt.Sprintf(`<row r="%d">`, want); !bytes.Contains(sheet, []byte(last)) || !bytes.Contains(sheet, []byte(">n<")) {
			t.Errorf("%s has no %s, or no header", part, last)
		}
	}
}

// failing fails after so many bytes.
type failing struct{ left int }

var errFull = errors.New("full")

func (f *failing) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWriteErrors(t *testing.T) {
	t.Parallel()
	whole := len(write(t, awkward))
	for left := 0; left < whole; left += 1 + whole/50 {
		w, err := xlsx.NewWriter(&failing{left}, awkward[0])
		for _, row := range awkward[1:] {
			if err == nil {
				err = w.Write(row)
			}
		}
		if err == nil {
			err = w.Close()
		}
		if !errors.Is(err, errFull) {
			t.Fatalf("after %d of %d bytes: %v", left, whole, err)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	w, err := xlsx.NewWriter(io.Discard, awkward[7])
	for b.Loop() {
		err = errors.Join(err, w.Write(awkward[7]))
	}
	if err = errors.Join(err, w.Close()); err != nil {
		b.Fatal(err)
	}
}
