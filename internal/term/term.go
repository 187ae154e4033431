// Package term knows what a writer can show: whether it is a terminal, how wide
// that is, whether colors are wanted; and it draws what changes in place.
package term

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/scrapehook/scrapehook/internal/human"
)

// IsTerminal reports whether w is a terminal that can redraw.
func IsTerminal(w io.Writer) bool {
	_, ok := terminal(w)
	return ok
}

func terminal(w io.Writer) (*os.File, bool) {
	file, ok := w.(*os.File)
	return file, ok && term.IsTerminal(int(file.Fd())) && os.Getenv("TERM") != "dumb" && understands(file)
}

// Color reports whether text for w should have colors: on terminals only, and
// never where NO_COLOR is set (no-color.org).
func Color(w io.Writer) bool { return IsTerminal(w) && os.Getenv("NO_COLOR") == "" }

// Size is the number of columns and rows of a terminal; 0 where it is not known.
func Size(w io.Writer) (columns, rows int) {
	file, ok := terminal(w)
	if !ok {
		return 0, 0
	}
	columns, rows, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0, 0
	}
	return columns, rows
}

// Status is a block of lines at the end of a terminal that is drawn again and
// again, below what was printed for good. Where w is not a terminal it draws
// nothing. Its methods are for one goroutine at a time.
type Status struct {
	w     io.Writer
	live  bool
	drawn []int // how wide each line of the block on the screen is
}

// NewStatus returns a block that is drawn on w.
func NewStatus(w io.Writer) *Status { return &Status{w: w, live: IsTerminal(w)} }

// Live reports whether the block is seen at all.
func (s *Status) Live() bool { return s.live }

// Draw replaces the block. Lines are cut at the width of the terminal, and the
// block at its height, as both are at this moment.
func (s *Status) Draw(lines ...string) {
	if !s.live {
		return
	}
	columns, rows := Size(s.w)
	fmt.Fprint(s.w, s.frame(lines, columns, rows))
}

// frame is what is written to draw lines on a terminal of a size.
func (s *Status) frame(lines []string, columns, rows int) string {
	var b strings.Builder
	b.WriteString(s.erasure(columns))
	if most := rows - 1; rows > 0 && len(lines) > most {
		hidden := len(lines) - max(most-1, 0)
		lines = append(lines[:len(lines)-hidden:len(lines)-hidden], fmt.Sprintf("  and %d more", hidden))
	}
	for _, line := range lines {
		line = human.Fit(line, columns-1) // a full line would wrap
		s.drawn = append(s.drawn, utf8.RuneCountInString(line))
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return b.String()
}

// Clear removes the block, so that what follows is printed in its place.
func (s *Status) Clear() {
	if s.live {
		columns, _ := Size(s.w)
		fmt.Fprint(s.w, s.erasure(columns))
	}
}

// erasure moves to the start of the block and erases each of its lines: where all
// of the screen is erased at once, tmux keeps it in its history. A terminal that
// has become narrower since has wrapped the lines.
func (s *Status) erasure(columns int) string {
	if len(s.drawn) == 0 {
		return ""
	}
	up := 0
	for _, wide := range s.drawn {
		up++
		if columns > 0 && wide > columns {
			up += (wide - 1) / columns
		}
	}
	s.drawn = s.drawn[:0]
	return strings.Repeat("\x1b[A\x1b[2K", up)
}
