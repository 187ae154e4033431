package commandline

import (
	"strings"
	"unicode/utf8"
)

// Widths of help: it is never wider than the first, and a terminal that is
// narrower than the second gets lines that it wraps itself.
const (
	widest    = 100
	narrowest = 40
)

// wrap breaks text into lines of at most width columns. A word that is wider than
// a line is broken.
func wrap(text string, width int) []string {
	var lines []string
	line, empty := "", true
	for _, word := range strings.Fields(text) {
		if !empty && columns(line)+1+columns(word) > width {
			lines, line, empty = append(lines, line), "", true
		}
		if !empty {
			line += " "
		}
		line, empty = line+word, false
		for columns(line) > width {
			head, tail := breakWord(line, width)
			lines, line = append(lines, head), tail
		}
	}
	return append(lines, line)
}

// breakWord breaks a line in a word: behind a comma, a slash or the like if there
// is one, else at the width.
func breakWord(line string, width int) (head, tail string) {
	runes := []rune(line)
	at := width
	for i := width; i > width/2; i-- {
		if strings.ContainsRune(",/=|;&", runes[i-1]) {
			at = i
			break
		}
	}
	return string(runes[:at]), string(runes[at:])
}

func columns(s string) int { return utf8.RuneCountInString(s) }

// Reflow writes prose to a width: paragraphs are filled again, and lines that
// begin with spaces, which are tables, keep their beginning.
func Reflow(text string, width int) []string {
	var lines, paragraph []string
	flush := func() {
		if len(paragraph) > 0 {
			lines = append(lines, wrap(strings.Join(paragraph, " "), width)...)
		}
		paragraph = nil
	}
	for _, line := range strings.Split(text, "\n") {
		switch {
		case line == "":
			flush()
			lines = append(lines, "")
		case line[0] == ' ':
			flush()
			lines = append(lines, Hang(line, width)...)
		default:
			paragraph = append(paragraph, line)
		}
	}
	flush()
	return lines
}

// Hang wraps a line of a table: what follows is indented as its last column, or
// by four where that leaves too little room.
func Hang(line string, width int) []string {
	if columns(line) <= width {
		return []string{line}
	}
	trimmed := strings.TrimLeft(line, " ")
	indent := len(line) - len(trimmed)
	start := strings.Repeat(" ", indent)
	column := indent + 2
	if i := strings.LastIndex(trimmed, "  "); i >= 0 {
		key, value := strings.TrimRight(trimmed[:i], " "), trimmed[i+2:]
		column = indent + columns(trimmed[:i]) + 2
		if column > width/2 {
			rest := wrap(strings.Repeat(" ", indent+2)+strings.TrimSpace(value), width-indent-2)
			lines := Hang(start+key, width)
			for _, l := range rest {
				lines = append(lines, start+"  "+strings.TrimSpace(l))
			}
			return lines
		}
		lines := wrap(value, width-column)
		lines[0] = start + trimmed[:i] + "  " + lines[0]
		for j := 1; j < len(lines); j++ {
			lines[j] = strings.Repeat(" ", column) + lines[j]
		}
		return lines
	}
	lines := wrap(trimmed, width-column)
	for i := range lines {
		if i == 0 {
			lines[i] = start + lines[i]
		} else {
			lines[i] = strings.Repeat(" ", column) + lines[i]
		}
	}
	return lines
}
