package console

import (
	"bytes"
	"encoding/hex"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/scrapehook/scrapehook/internal/human"
)

// bodyView is the body of an answer as a page shows it.
type bodyView struct {
	Text   string
	Binary bool
	// Note says what is not shown; empty: all is.
	Note string
}

// hexShown is how much of a binary body is shown, in bytes.
const hexShown = 512

// newBodyView shows what was kept of a body that was whole bytes long.
func newBodyView(kept []byte, whole int64) bodyView {
	if isBinary(kept) {
		v := bodyView{Text: hex.Dump(kept[:min(len(kept), hexShown)]), Binary: true, Note: "Not a text: " + human.Count(whole, "byte")}
		if whole > hexShown {
			v.Note += ", of which these are the first"
		}
		return v
	}
	v := bodyView{Text: harmless(string(kept))}
	if whole > int64(len(kept)) {
		v.Note = "The first " + human.Count(len(kept), "byte") + " of " + human.Count(whole, "byte") + "."
	}
	return v
}

// isBinary reports whether a body is no text: it has a zero byte, or it is not
// UTF-8. Where a body was cut, the last character may be in part.
func isBinary(body []byte) bool {
	if bytes.IndexByte(body, 0) >= 0 {
		return true
	}
	for range utf8.UTFMax {
		if utf8.Valid(body) || len(body) == 0 {
			return false
		}
		body = body[:len(body)-1]
	}
	return true
}

// terminal matches what steers a terminal: colours, moves, titles.
var terminal = regexp.MustCompile(`\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])`)

// harmless is a text from outside without what steers a terminal; other
// characters that can't be seen, or that turn the direction of writing, are shown
// as such.
func harmless(text string) string {
	text = terminal.ReplaceAllString(text, "")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r':
			return -1
		case r < 0x20:
			return 0x2400 + r // the picture of the character
		case r == 0x7f:
			return 0x2421
		case unicode.Is(unicode.Bidi_Control, r) || r == 0xfeff:
			return '\u2370' // a question mark in a box
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}
