// Package answer shows people what an endpoint answered: its header if they ask
// for it, and the first lines of its body, because a handler that breaks often
// prints there why. It shows text that somebody else wrote, so whatever could
// steer a terminal is escaped, and long texts are cut.
package answer

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/scrapehook/scrapehook/internal/human"
)

// How much is shown of a body. The end is shown too, because a traceback of
// Python says at its end what was wrong, and one of PHP or Node at its beginning.
const (
	firstLines, lastLines = 10, 6
	longestLine           = 300  // characters
	mostLines             = 1000 // also when everything is asked for
)

// Answer is what is known of an answer.
type Answer struct {
	Header http.Header
	Body   []byte // its beginning, or all of it
	Bytes  int64  // of the whole body
}

// Style is how it is shown.
type Style struct {
	Width int  // columns, 0 is not known
	All   bool // the header, and all of the body that was kept
}

// Lines are the answer in lines, without what could steer a terminal.
func (a Answer) Lines(s Style) []string {
	var lines []string
	if s.All {
		for _, name := range slices.Sorted(maps.Keys(a.Header)) {
			for _, value := range a.Header[name] {
				lines = append(lines, fitted("     ", Printable(name)+": "+Printable(value), s)...)
			}
		}
	}
	if a.Bytes == 0 {
		return lines
	}
	text, ok := a.text()
	if !ok {
		return append(lines, fitted("   | ", "binary, "+a.size(), s)...)
	}
	return append(lines, a.bodyLines(text, s)...)
}

// size is the body's length and what it is said to be.
func (a Answer) size() string {
	size := human.Count(a.Bytes, "byte")
	if kind := a.Header.Get("Content-Type"); kind != "" {
		size += " of " + Printable(kind)
	}
	return size
}

// bodyLines are the lines of a text, or its first and last ones.
func (a Answer) bodyLines(text []string, s Style) []string {
	whole := int64(len(a.Body)) >= a.Bytes
	first, last := firstLines, lastLines
	if s.All {
		first, last = mostLines, 0
	}
	if !whole {
		first, last = first+last, 0 // its end is not known
	}
	var lines []string
	for i, line := range text {
		if left := len(text) - first - last; i == first && left > 1 {
			lines = append(lines, fitted("   … ", human.Count(left, "more line"), s)...)
		}
		if i < first || i >= len(text)-last || len(text)-first-last == 1 {
			lines = append(lines, fitted("   | ", line, s)...)
		}
	}
	switch {
	case !whole:
		lines = append(lines, fitted("   … ", fmt.Sprintf("%s in all, of which %d were kept", human.Count(a.Bytes, "byte"), len(a.Body)), s)...)
	case len(text) == 0:
		lines = append(lines, fitted("   | ", "nothing to read in "+a.size(), s)...)
	}
	return lines
}

// text is the body as lines of text, without those that are empty; ok is false if
// it is none.
func (a Answer) text() (lines []string, ok bool) {
	body := a.Body
	if int64(len(body)) < a.Bytes { // a character may be cut off
		for i := 1; i < utf8.UTFMax && i <= len(body); i++ {
			if tail := body[len(body)-i:]; utf8.RuneStart(tail[0]) {
				if !utf8.FullRune(tail) {
					body = body[:len(body)-i]
				}
				break
			}
		}
	}
	if isBinary(body) || a.Header.Get("Content-Encoding") != "" {
		return nil, false
	}
	text := string(body)
	if isHTML(a.Header.Get("Content-Type"), text) {
		text = textOfHTML(text)
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\r\n \t"); line != "" {
			lines = append(lines, Printable(strings.ReplaceAll(line, "\t", "    ")))
		}
	}
	return lines, true
}

// broken are the beginnings of what languages print of an error that nobody
// handled: Python, PHP, Node, Ruby, Go, Java.
var broken = regexp.MustCompile(`Traceback \(most recent call last\)|(?:Fatal|Parse) error: |Uncaught \w+|^\s+at .+:\d+:\d+\)?$|` +
	`^panic: |\.rb:\d+:in |^\s+at [\w.$]+\(.*\.java:\d+\)`)

// LooksBroken reports whether the body is that of a handler that broke, whatever
// the status is: PHP answers 200 then, unless it is told otherwise.
func (a Answer) LooksBroken() bool {
	lines, ok := a.text()
	return ok && slices.ContainsFunc(lines, broken.MatchString)
}

// isBinary reports whether body is no text: it has a zero byte, or more than a
// tenth of it is neither UTF-8 nor printable. Latin-1 passes for text.
func isBinary(body []byte) bool {
	strange := 0
	for i := 0; i < len(body); {
		r, size := utf8.DecodeRune(body[i:])
		i += size
		switch {
		case r == 0:
			return true
		case r == utf8.RuneError && size == 1, unicode.IsControl(r) && !strings.ContainsRune("\t\r\n\x1b", r):
			strange++
		}
	}
	return strange*10 > len(body)
}

// Printable escapes whatever in s a terminal would not simply show: control
// characters, and those that change the direction of writing.
func Printable(s string) string {
	if s = strings.ToValidUTF8(s, "\uFFFD"); !strings.ContainsFunc(s, unprintable) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case !unprintable(r):
			b.WriteRune(r)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) && r != '\u00A0' }

// fitted is text behind a margin, cut unless all of it is asked for.
func fitted(margin, text string, s Style) []string {
	if !s.All {
		text = human.Fit(text, longestLine)
	}
	return Broken(margin, text, s.Width)
}

// Broken breaks text into lines of at most width columns, each behind the margin;
// 0 is not known, and breaks nothing. It does so behind a space, or before one of
// & and ?, if there is one in the last two thirds of a line.
func Broken(margin, text string, width int) []string {
	room := width - utf8.RuneCountInString(margin)
	if width <= 0 || room < 2 {
		return []string{margin + text}
	}
	var lines []string
	for rest := []rune(text); ; margin = strings.Repeat(" ", utf8.RuneCountInString(margin)) {
		if len(rest) <= room {
			return append(lines, margin+string(rest))
		}
		at := room
		for i := room; i > room/3; i-- {
			if strings.ContainsRune("&?", rest[i]) || rest[i-1] == ' ' {
				at = i
				break
			}
		}
		lines = append(lines, margin+strings.TrimRight(string(rest[:at]), " "))
		rest = rest[at:]
	}
}
