package xlsx_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/scrapehook/scrapehook/internal/testtool"
)

// python is Debian's interpreter, for which its packages are.
const python = "/usr/bin/python3"

// byOpenpyxl prints the tables of workbooks as JSON, null for an empty cell.
const byOpenpyxl = `
import json, openpyxl, sys
tables = []
for path in sys.argv[1:]:
    book = openpyxl.load_workbook(path, read_only=True)
    tables.append([list(row) for sheet in book for row in sheet.iter_rows(values_only=True)])
json.dump(tables, sys.stdout)
`

// openpyxl reads workbooks with Python's library.
func openpyxl(t *testing.T, files ...string) (tables [][][]string) {
	t.Helper()
	testtool.Need(t, "openpyxl")
	out, err := exec.CommandContext(t.Context(), python, append([]string{"-c", byOpenpyxl}, files...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &tables); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return tables
}

// libreOffice converts a file to another type, beside it.
func libreOffice(t *testing.T, file, to string) (converted string) {
	t.Helper()
	testtool.Need(t, "soffice")
	dir := t.TempDir()
	out, err := exec.CommandContext(t.Context(), "soffice", "-env:UserInstallation=file://"+filepath.Join(dir, "profile"),
		"--headless", "--convert-to", to, "--outdir", dir, file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	extension, _, _ := strings.Cut(to, ":")
	return filepath.Join(dir, strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))+"."+extension)
}

func save(t *testing.T, table [][]string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "table.xlsx")
	if err := os.WriteFile(file, write(t, table), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// readable is the awkward table without the rows that hold what XML can't:
// openpyxl shows such characters as they are written, _x0000_.
func readable() [][]string {
	return slices.DeleteFunc(slices.Clone(awkward), func(row []string) bool {
		return slices.ContainsFunc(row, func(text string) bool {
			return strings.Contains(text, "_x") || strings.ContainsFunc(text, func(r rune) bool {
				return unicode.IsControl(r) && !strings.ContainsRune("\r\n\t", r)
			})
		})
	})
}

func TestOpenpyxlReadsIt(t *testing.T) {
	t.Parallel()
	tables := openpyxl(t, save(t, readable()), save(t, [][]string{{"a", "b"}}))
	if got, want := tables[0], readable(); !equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := tables[1]; !equal(got, [][]string{{"a", "b"}}) {
		t.Errorf("a workbook of a header reads as %q", got)
	}
}

// TestLibreOfficeReadsIt has it make a workbook of its own from ours, with
// strings that cells share, and reads that. LibreOffice has one kind of line end
// in a cell.
func TestLibreOfficeReadsIt(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile(libreOffice(t, save(t, awkward), "xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	var want [][]string
	for _, row := range awkward {
		want = append(want, strings.Split(strings.ReplaceAll(strings.Join(row, "\v"), "\r\n", "\n"), "\v"))
	}
	got, _, err := read(file)
	if err != nil || !equal(got, want) {
		t.Errorf("got  %q\nwant %q, %v", got, want, err)
	}
}
