// Package redact replaces secrets in text that people and files get to see: those
// that it was told, in every spelling that they have on the wire and in logs, and
// what is marked as one by the name before it.
package redact

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/scrapehook/scrapehook/internal/human"
)

// Mark stands where a secret was. It may stand in a URL as well.
const Mark = "REDACTED"

// Redactor replaces secrets in text: those that it knows, in every spelling
// that they have on the wire and in logs, and what is marked as one by the name
// before it.
type Redactor struct {
	secrets []secret       // the longest first
	known   *regexp.Regexp // a group for each of secrets; nil: there is none
	begun   *regexp.Regexp // the beginning of one of them, at the end
}

// KnowURL adds the secrets of a URL: its password, and parameters whose names say
// that they are one. prefix begins the names of their shell variables.
func (r *Redactor) KnowURL(prefix, raw string) {
	u, err := url.Parse(raw)
	if err != nil {
		return
	}
	for name, values := range u.Query() {
		if secretName.MatchString(name) {
			r.Know(prefix+strings.ToUpper(notInNames.ReplaceAllString(name, "_")), values[0])
		}
	}
	if u.User == nil {
		return
	}
	password, _ := u.User.Password()
	r.Know(prefix+"PASSWORD", password)
	r.Know(prefix+"CREDENTIALS", base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password)))
}

// KnowCommand adds what a command is given as secrets, because it may repeat
// them. Those of a few letters would be found everywhere.
func (r *Redactor) KnowCommand(command string) {
	const shortest = 4
	for _, pattern := range []*regexp.Regexp{markedByName, markedByFlag} {
		for _, groups := range pattern.FindAllStringSubmatch(command, -1) {
			if value := strings.Trim(groups[2], `"'`); len(value) >= shortest && !tellsNothing(value) {
				r.Know("SECRET", value)
			}
		}
	}
}

// Know adds a secret, and the name of the shell variable that stands for it; an
// empty one is none.
func (r *Redactor) Know(variable, value string) {
	if value != "" && !slices.ContainsFunc(r.secrets, func(s secret) bool { return s.value == value }) {
		r.secrets = append(r.secrets, secret{value, variable})
	}
}

// Compile makes the patterns of what is known.
func (r *Redactor) Compile() {
	if len(r.secrets) == 0 {
		return
	}
	slices.SortStableFunc(r.secrets, func(a, b secret) int { return len(b.value) - len(a.value) })
	var known, begun []string
	for _, s := range r.secrets {
		known, begun = append(known, "("+s.spellings()+")"), append(begun, s.begun())
	}
	r.known = regexp.MustCompile(strings.Join(known, "|"))
	r.begun = regexp.MustCompile(strings.Join(begun, "|"))
}

// secretNames are the names that mark what follows as a secret.
const secretNames = `(?:token|password|passwd|secret|api[_-]?key)`

// What is marked as a secret: by a header's name, by the name of a parameter,
// a variable or a JSON field, by its place in a URL, by a command's flag.
var (
	secretName     = regexp.MustCompile(`(?i)` + secretNames)
	notInNames     = regexp.MustCompile(`\W`) // of shell variables
	markedByHeader = regexp.MustCompile(`(?i)(\b(?:proxy-)?authorization["']?\s*[:=]\s*["']?)[^\r\n"']+`)
	markedByName   = regexp.MustCompile(`(?i)(\b[\w-]*` + secretNames + `=)("[^"]*"|'[^']*'|[^\s&"',;)]+)`)
	markedInJSON   = regexp.MustCompile(`(?i)("[\w-]*` + secretNames + `"\s*:\s*")(?:[^"\\]|\\.)+`)
	markedInURL    = regexp.MustCompile(`(://[^/\s:@"']*:)[^/\s@"']+@`)
	markedByFlag   = regexp.MustCompile(`(?i)(--?[\w-]*` + secretNames + `[ =]+)("[^"]*"|'[^']*'|[^\s"']+)`)
)

// Text replaces the secrets in s.
func (r Redactor) Text(s string) string {
	s = r.Values(s)
	s = markedByHeader.ReplaceAllString(s, "${1}"+Mark)
	s = markedByName.ReplaceAllStringFunc(s, hideValue(markedByName))
	s = markedInJSON.ReplaceAllString(s, "${1}"+Mark)
	return markedInURL.ReplaceAllString(s, "${1}"+Mark+"@")
}

// Command is Text for a shell command.
func (r Redactor) Command(s string) string {
	return markedByFlag.ReplaceAllStringFunc(r.Text(s), hideValue(markedByFlag))
}

// hideValue replaces the second group of a match where it tells anything.
func hideValue(pattern *regexp.Regexp) func(string) string {
	return func(match string) string {
		groups := pattern.FindStringSubmatch(match)
		if tellsNothing(strings.Trim(groups[2], `"`)) {
			return match
		}
		return groups[1] + Mark
	}
}

// tellsNothing reports whether what stands in a secret's place is none: a shell
// variable, another flag, the suite's own wrong token, or what is hidden
// already.
func tellsNothing(value string) bool {
	return strings.HasPrefix(value, "$") || strings.HasPrefix(value, "-") ||
		strings.Trim(value, "x") == "" || strings.HasSuffix(value, Mark)
}

// Values replaces the known secrets only.
func (r Redactor) Values(s string) string {
	if r.known == nil {
		return s
	}
	return r.known.ReplaceAllString(s, Mark)
}

// Cut is Text for the beginning of something longer: no more than most bytes
// of it, and no part of a secret at its end. whole is the length of all of it.
func (r Redactor) Cut(s string, whole int64, most int) string {
	if s = r.Values(s); whole > int64(len(s)) && r.begun != nil {
		s = r.begun.ReplaceAllString(s, "")
	}
	return human.Prefix(strings.ToValidUTF8(r.Text(s), "\uFFFD"), most)
}

// Error replaces the secrets in what an error says.
func (r Redactor) Error(err error) error { return &hiddenError{err, r.Text(err.Error())} }

// hiddenError is an error whose text has no secrets.
type hiddenError struct {
	err  error
	text string
}

func (e *hiddenError) Error() string { return e.text }
func (e *hiddenError) Unwrap() error { return e.err }

// Part is a part of a text: plain, or a secret that a shell variable stands for.
type Part struct{ Text, Variable string }

// Parts takes a text apart at the secrets that are known. A secret that is
// escaped there has another variable, because its value is another.
func (r Redactor) Parts(s string) []Part {
	if r.known == nil {
		return []Part{{Text: s}}
	}
	var parts []Part
	from := 0
	for _, at := range r.known.FindAllStringSubmatchIndex(s, -1) {
		if from < at[0] {
			parts = append(parts, Part{Text: s[from:at[0]]})
		}
		parts = append(parts, Part{s[at[0]:at[1]], r.variable(s, at)})
		from = at[1]
	}
	if from < len(s) || from == 0 {
		parts = append(parts, Part{Text: s[from:]})
	}
	return parts
}

func (r Redactor) variable(s string, match []int) string {
	for i, secret := range r.secrets {
		if match[2*i+2] < 0 {
			continue
		}
		if s[match[0]:match[1]] == secret.value {
			return secret.variable
		}
		return secret.variable + "_ESCAPED"
	}
	return ""
}
