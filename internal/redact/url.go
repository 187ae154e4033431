package redact

import (
	"net/url"
	"strings"
)

// URL returns a URL without what may be a secret in it: its user and password,
// the values of its query and its fragment. The names of the query stay. Of what
// is not a URL only the mark is left.
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
	if u.Fragment != "" {
		u.Fragment, u.RawFragment = Mark, ""
	}
	return u.String()
}
