package redact

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// secret is text that no report may hold.
type secret struct {
	value string
	// variable is the shell variable that stands for it in curl lines.
	variable string
}

// shortSecret is the length, in bytes, below which a secret is part of many
// words, so that only whole words are taken for it.
const shortSecret = 4

// spellings is a pattern of the secret as it is, and as it is escaped for URLs,
// for JSON, in logs and for the shell, in full or in part.
func (s secret) spellings() string {
	var b strings.Builder
	for _, c := range s.value {
		b.WriteString(spellingsOf(c))
	}
	if len(s.value) < shortSecret {
		return `\b` + b.String() + `\b`
	}
	return b.String()
}

// begun is a pattern of the beginning of the secret at the end of text.
func (s secret) begun() string {
	const most = 200 // the depth of a pattern is limited
	characters := []rune(s.value)
	characters = characters[:min(len(characters), most)]
	pattern := `(?:%[0-9A-Fa-f]?|\\u?[0-9A-Fa-f]{0,3})?`
	for i, c := range slices.Backward(characters) {
		if pattern = spellingsOf(c) + pattern; i > 0 {
			pattern = `(?:` + pattern + `)?`
		}
	}
	return `(?:` + pattern + `)$`
}

// spellingsOf is a pattern of one character.
func spellingsOf(c rune) string {
	text := string(c)
	escaped := ""
	for _, octet := range []byte(text) {
		escaped += fmt.Sprintf("%%%02x", octet)
	}
	all := []string{
		regexp.QuoteMeta(text), `(?i:` + escaped + `)`,
		fmt.Sprintf(`(?i:\\u%04x)`, c), `(?i:` + strings.ReplaceAll(escaped, "%", `\\x`) + `)`,
	}
	switch c {
	case '"', '\\', '/':
		all = append(all, regexp.QuoteMeta(`\`+text))
	case '\'':
		all = append(all, regexp.QuoteMeta(`'\''`), regexp.QuoteMeta(`\'`))
	case ' ':
		all = append(all, `\+`)
	case '+': // taken for a space, by whoever unescapes a path like a query
		all = append(all, ` `, `%20`)
	}
	slices.SortStableFunc(all, func(a, b string) int { return len(b) - len(a) }) // the longest first
	return `(?:` + strings.Join(all, "|") + `)`
}
