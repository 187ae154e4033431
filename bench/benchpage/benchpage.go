// Package benchpage is what the benches share: tables that read well as they are
// and as Markdown, and their place in a page.
package benchpage

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"
)

// Table is a table of Markdown's. Its first column is text, and the others are
// figures.
type Table struct {
	Head []string
	rows [][]string
}

// Row adds a row, of as many cells as the head has.
func (t *Table) Row(cells ...string) { t.rows = append(t.rows, cells) }

// Empty reports whether there is no row.
func (t *Table) Empty() bool { return len(t.rows) == 0 }

// String aligns the first column to the left and the others to the right.
func (t *Table) String() string {
	widths := make([]int, len(t.Head))
	for _, row := range append([][]string{t.Head}, t.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	write := func(row []string) {
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				b.WriteString("| " + cell + pad)
			} else {
				b.WriteString(" | " + pad + cell)
			}
		}
		b.WriteString(" |\n")
	}
	write(t.Head)
	for i, width := range widths {
		if i == 0 {
			b.WriteString("|" + strings.Repeat("-", width+2))
		} else {
			b.WriteString("|" + strings.Repeat("-", width+1) + ":")
		}
	}
	b.WriteString("|\n")
	for _, row := range t.rows {
		write(row)
	}
	return b.String()
}

// Write puts text between the marks of a bench in a page, which are lines such as
//
//	<!-- tables of NAME: begin -->
//	<!-- tables of NAME: end -->
//
// An error says that the page has no such place.
func Write(path, name, text string) error {
	begin, end := "<!-- tables of "+name+": begin -->\n", "<!-- tables of "+name+": end -->\n"
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, ok := bytes.Cut(page, []byte(begin))
	_, after, ok2 := bytes.Cut(rest, []byte(end))
	if !ok || !ok2 {
		return fmt.Errorf("%s has no place for the tables: put the lines %q and %q there", path, strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	page = bytes.Join([][]byte{before, []byte(begin), []byte("\n" + text + "\n"), []byte(end), after}, nil)
	return os.WriteFile(path, page, 0o600)
}
