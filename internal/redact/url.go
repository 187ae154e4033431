package redact

import (
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// URL returns a URL without what may be a secret in it: its user and password,
// the values of its query, its fragment, and parts of its path that look drawn
// rather than written. The names of the query stay. Of what is not a URL only the
// mark is left.
func URL(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return Mark
	}
	if u.User != nil {
		u.User = url.User(Mark)
	}
	if u.RawQuery != "" {
		parts := strings.Split(u.RawQuery, "&")
		for i, part := range parts {
			name, _, named := strings.Cut(part, "=")
			if !named {
				name = ""
			}
			parts[i] = strings.TrimPrefix(name+"="+Mark, "=")
		}
		u.RawQuery = strings.Join(parts, "&")
	}
	if parts := strings.Split(u.EscapedPath(), "/"); slices.ContainsFunc(parts, looksDrawn) {
		for i, part := range parts {
			if looksDrawn(part) {
				parts[i] = Mark
			}
		}
		path := strings.Join(parts, "/")
		if u.Path, err = url.PathUnescape(path); err != nil {
			return Mark
		}
		u.RawPath = path
	}
	if u.Fragment != "" {
		u.Fragment, u.RawFragment = Mark, ""
	}
	return u.String()
}

// looksDrawn reports whether a part of a path may be a secret: it is long, and has
// digits among its letters, or is longer than any word.
func looksDrawn(part string) bool {
	const long, longest = 16, 32
	digits, letters := strings.ContainsAny(part, "0123456789"), strings.ContainsFunc(part, unicode.IsLetter)
	return len(part) >= long && digits && letters || len(part) >= longest
}
