package tap

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"unicode/utf8"

	"github.com/scrapehook/scrapehook/internal/redact"
)

// secretHeader are the names of headers whose values are secrets.
var secretHeader = regexp.MustCompile(`(?i)auth|cookie|token|secret|passw|key|signature|session|credential`)

// Redacted is x without its secrets: the values of the query, of headers and fields
// that are named like secrets, and the same values wherever else they are, as in an
// answer that repeats them.
func (x Exchange) Redacted() Exchange {
	var known redact.Redactor
	known.KnowURL("", x.URL)
	known.KnowURL("", x.Target)
	for name, values := range x.Request.Header {
		if secretHeader.MatchString(name) {
			for _, v := range values {
				known.Know("HEADER", v)
			}
		}
	}
	known.Compile()
	x.URL, x.Target = redact.URL(x.URL), redact.URL(x.Target)
	x.Request.Header, x.Header = header(known, x.Request.Header), header(known, x.Header)
	x.Request.URL = ""
	if form := known.Text(string(x.Request.Body)); form != string(x.Request.Body) {
		// Its length stays the one that was sent, unless it was cut.
		if !x.Cut() {
			x.FormBytes = int64(len(form))
		}
		x.Request.Body = []byte(form)
	}
	x.Body = body(known, x.Body, x.BodyBytes)
	x.Err = known.Text(x.Err)
	x.Differs = slices.Clone(x.Differs)
	for i := range x.Differs {
		x.Differs[i] = known.Text(x.Differs[i])
	}
	return x
}

func header(known redact.Redactor, h http.Header) http.Header {
	h = maps.Clone(h)
	for name, values := range h {
		values = slices.Clone(values)
		for i := range values {
			if secretHeader.MatchString(name) {
				values[i] = redact.Mark
			} else {
				values[i] = known.Text(values[i])
			}
		}
		h[name] = values
	}
	return h
}

// body is the beginning of an answer without secrets.
func body(known redact.Redactor, b []byte, whole int64) []byte {
	if !utf8.Valid(b) { // another encoding, or cut within a character
		return []byte(known.Text(string(b)))
	}
	return []byte(known.Cut(string(b), whole, len(b)))
}
