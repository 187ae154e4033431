package scenarios

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// redacted stands where a secret was. It may stand in a URL as well.
const redacted = "REDACTED"

// redactor replaces secrets in text: those that it knows, in every spelling
// that they have on the wire and in logs, and what is marked as one by the name
// before it.
type redactor struct {
	secrets []secret       // the longest first
	known   *regexp.Regexp // a group for each of secrets; nil: there is none
	begun   *regexp.Regexp // the beginning of one of them, at the end
}

// newRedactor knows the secrets of a configuration. The default token of the
// API is none: everybody knows it.
func newRedactor(c Config) redactor {
	var r redactor
	r.know("TOKEN", c.Token.Value)
	for variable, raw := range map[string]string{"": c.Endpoint, "API_": c.APIURL} {
		u, err := url.Parse(raw)
		if err != nil {
			continue
		}
		for name, values := range u.Query() {
			if secretName.MatchString(name) {
				r.know(variable+strings.ToUpper(notInNames.ReplaceAllString(name, "_")), values[0])
			}
		}
		if u.User == nil {
			continue
		}
		password, _ := u.User.Password()
		r.know(variable+"PASSWORD", password)
		r.know(variable+"CREDENTIALS", base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password)))
	}
	if c.APIToken != DefaultToken {
		r.know("API_TOKEN", c.APIToken)
	}
	for _, p := range c.Probes {
		r.knowCommand(p.Name())
	}
	for _, command := range []string{c.Run, c.StartCommand, c.KillCommand} {
		r.knowCommand(command)
	}
	r.compile()
	return r
}

// knowCommand adds what a command is given as secrets, because it may repeat
// them. Those of a few letters would be found everywhere.
func (r *redactor) knowCommand(command string) {
	const shortest = 4
	for _, pattern := range []*regexp.Regexp{markedByName, markedByFlag} {
		for _, groups := range pattern.FindAllStringSubmatch(command, -1) {
			if value := strings.Trim(groups[2], `"'`); len(value) >= shortest && !tellsNothing(value) {
				r.know("SECRET", value)
			}
		}
	}
}

// know adds a secret; empty is none.
func (r *redactor) know(variable, value string) {
	if value != "" && !slices.ContainsFunc(r.secrets, func(s secret) bool { return s.value == value }) {
		r.secrets = append(r.secrets, secret{value, variable})
	}
}

// compile makes the patterns of what is known.
func (r *redactor) compile() {
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

// text replaces the secrets in s.
func (r redactor) text(s string) string {
	s = r.values(s)
	s = markedByHeader.ReplaceAllString(s, "${1}"+redacted)
	s = markedByName.ReplaceAllStringFunc(s, hideValue(markedByName))
	s = markedInJSON.ReplaceAllString(s, "${1}"+redacted)
	return markedInURL.ReplaceAllString(s, "${1}"+redacted+"@")
}

// command is text for a shell command.
func (r redactor) command(s string) string {
	return markedByFlag.ReplaceAllStringFunc(r.text(s), hideValue(markedByFlag))
}

// hideValue replaces the second group of a match where it tells anything.
func hideValue(pattern *regexp.Regexp) func(string) string {
	return func(match string) string {
		groups := pattern.FindStringSubmatch(match)
		if tellsNothing(strings.Trim(groups[2], `"`)) {
			return match
		}
		return groups[1] + redacted
	}
}

// tellsNothing reports whether what stands in a secret's place is none: a shell
// variable, another flag, the suite's own wrong token, or what is hidden
// already.
func tellsNothing(value string) bool {
	return strings.HasPrefix(value, "$") || strings.HasPrefix(value, "-") ||
		strings.Trim(value, "x") == "" || strings.HasSuffix(value, redacted)
}

// values replaces the known secrets only.
func (r redactor) values(s string) string {
	if r.known == nil {
		return s
	}
	return r.known.ReplaceAllString(s, redacted)
}

// cut is text for the beginning of something longer: no more than most bytes
// of it, and no part of a secret at its end. whole is the length of all of it.
func (r redactor) cut(s string, whole int64, most int) string {
	if s = r.values(s); whole > int64(len(s)) && r.begun != nil {
		s = r.begun.ReplaceAllString(s, "")
	}
	return beginning(r.text(s), most)
}

// beginning is the beginning of s, at most that many bytes, as valid UTF-8.
func beginning(s string, most int) string {
	return strings.ToValidUTF8(strings.ToValidUTF8(s, "\uFFFD")[:min(most, len(s))], "")
}

// result replaces the secrets in a result. Its evidence's exchanges have none
// any more.
func (r redactor) result(result Result) Result {
	result.Known = r.text(result.Known)
	result.Findings = slices.Clone(result.Findings)
	for i, f := range result.Findings {
		result.Findings[i] = Finding{f.Verdict, r.text(f.Subject), r.text(f.Expected), r.text(f.Actual)}
	}
	for i := range result.Evidence {
		result.Evidence[i].Text = r.text(result.Evidence[i].Text)
	}
	return result
}

// declared is what the user said of the receiver.
func (c Config) declared(r redactor) Declared {
	d := Declared{
		Unsupported: r.reasons(c.Unsupported), KnownFailing: r.reasons(c.KnownFailing),
		Run: r.command(c.Run), StartCommand: r.command(c.StartCommand), KillCommand: r.command(c.KillCommand),
	}
	if c.Token != (Token{}) {
		d.Token = strings.TrimSuffix(c.Token.Kind+":"+c.Token.Name, ":")
	}
	return d
}

func (r redactor) reasons(byID map[string]string) map[string]string {
	out := map[string]string{}
	for id, reason := range byID {
		out[id] = r.text(reason)
	}
	return out
}

// hide replaces the secrets in what an error says.
func (r redactor) hide(err error) error { return &hiddenError{err, r.text(err.Error())} }

// hiddenError is an error whose text has no secrets.
type hiddenError struct {
	err  error
	text string
}

func (e *hiddenError) Error() string { return e.text }
func (e *hiddenError) Unwrap() error { return e.err }
