package benchpage_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/scrapehook/scrapehook/bench/benchpage"
)

func TestTableIsAligned(t *testing.T) {
	t.Parallel()
	table := &benchpage.Table{Head: []string{"tool", "µs"}}
	table.Row("wrk", "9.00")
	table.Row("vegeta", "–")
	want := "" +
		"| tool   |   µs |\n" +
		"|--------|-----:|\n" +
		"| wrk    | 9.00 |\n" +
		"| vegeta |    – |\n"
	if got := table.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "page.md")
	const beginMark, endMark = "<!-- tables of x: begin -->\n", "<!-- tables of x: end -->\n"
	page := "before\n" + beginMark + "old\n" + endMark + "after\n"
	if err := os.WriteFile(path, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := benchpage.Write(path, "x", "new\n"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := "before\n" + beginMark + "\nnew\n\n" + endMark + "after\n"; string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := os.WriteFile(path, []byte("no marks"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := benchpage.Write(path, "x", "new\n"); err == nil {
		t.Error("a page without marks is written to")
	}
}
