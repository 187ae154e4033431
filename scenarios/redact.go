package scenarios

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// redacted stands where a secret was. It may stand in a URL as well.
const redacted = "REDACTED"

// redactor replaces secrets in text: those that it knows, in every spelling
// that they have on the wire and in logs, and what is marked as one by the name
// before it.
type redactor struct {
	known *regexp.Regexp // nil: none is known
	// variable is the shell variable that a curl line has for a spelling.
	variable map[string]string
}

// newRedactor knows the secrets of a configuration. The default token of the
// API is none: everybody knows it.
func newRedactor(c Config) redactor {
	r := redactor{variable: map[string]string{}}
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
	r.compile()
	return r
}

// know adds a secret in its spellings; empty is none.
func (r *redactor) know(variable, secret string) {
	if secret == "" {
		return
	}
	lower := regexp.MustCompile(`%[0-9A-F]{2}`)
	quoted, _ := json.Marshal(secret) // a string always is JSON
	escaped := []string{
		url.QueryEscape(secret), url.PathEscape(secret),
		strings.Trim(strconv.Quote(secret), `"`), strings.Trim(string(quoted), `"`),
	}
	for _, spelling := range escaped {
		for _, s := range []string{spelling, lower.ReplaceAllStringFunc(spelling, strings.ToLower)} {
			if s != secret {
				r.variable[s] = variable + "_ESCAPED"
			}
		}
	}
	r.variable[secret] = variable
}

// compile makes the pattern of what is known, the longest first. What is so
// short that it is part of many words is replaced as a word only.
func (r *redactor) compile() {
	var spellings []string
	for s := range r.variable {
		spellings = append(spellings, s)
	}
	if len(spellings) == 0 {
		return
	}
	slices.SortFunc(spellings, func(a, b string) int { return len(b) - len(a) })
	for i, s := range spellings {
		const short = 4
		if spellings[i] = regexp.QuoteMeta(s); len(s) < short {
			spellings[i] = `\b` + spellings[i] + `\b`
		}
	}
	r.known = regexp.MustCompile(strings.Join(spellings, "|"))
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
	markedByFlag   = regexp.MustCompile(`(?i)(--?[\w-]*` + secretNames + `[ =]+)("[^"]*"|'[^']*'|\S+)`)
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

// hideValue replaces the second group of a match, unless it is a shell variable
// or the suite's own wrong token, which tell nothing.
func hideValue(pattern *regexp.Regexp) func(string) string {
	return func(match string) string {
		groups := pattern.FindStringSubmatch(match)
		if value := strings.Trim(groups[2], `"`); strings.HasPrefix(value, "$") || strings.Trim(value, "x") == "" {
			return match
		}
		return groups[1] + redacted
	}
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
	if s = r.values(s); whole > int64(len(s)) {
		s = r.withoutBegun(s)
	}
	return beginning(r.text(s), most)
}

// withoutBegun is s without the beginning of a secret at its end.
func (r redactor) withoutBegun(s string) string {
	begun := 0
	for spelling := range r.variable {
		for n := min(len(spelling)-1, len(s)); n > begun; n-- {
			if strings.HasSuffix(s, spelling[:n]) {
				begun = n
			}
		}
	}
	return s[:len(s)-begun]
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
