package scenarios

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Token is the receiver's secret, and where the requests carry it. The zero
// value is none.
type Token struct {
	// Kind is query, path or header.
	Kind string
	// Name of the query's parameter or of the header.
	Name  string
	Value string
}

// ParseToken reads query:NAME=VALUE, header:NAME=VALUE or path:VALUE. For
// path, the endpoint's URL must have VALUE as one of its segments.
func ParseToken(spec, endpoint string) (Token, error) {
	kind, rest, _ := strings.Cut(spec, ":")
	name, value, named := strings.Cut(rest, "=")
	switch {
	case (kind == "query" || kind == "header") && named && name != "" && value != "":
		return Token{kind, name, value}, nil
	case kind == "path" && rest != "":
		u, err := url.Parse(endpoint)
		if err != nil || !strings.Contains(u.EscapedPath()+"/", "/"+url.PathEscape(rest)+"/") {
			return Token{}, fmt.Errorf("token %q: the endpoint %s has no such segment in its path", spec, endpoint)
		}
		return Token{Kind: kind, Value: rest}, nil
	}
	return Token{}, fmt.Errorf("token %q: use query:NAME=VALUE, header:NAME=VALUE or path:VALUE", spec)
}

// apply returns the endpoint with the token in its URL, or adds it to header.
func (t Token) apply(endpoint string, header http.Header) string {
	switch t.Kind {
	case "header":
		header.Set(t.Name, t.Value)
	case "query":
		u, err := url.Parse(endpoint)
		if err != nil {
			return endpoint
		}
		query := u.Query()
		query.Set(t.Name, t.Value)
		u.RawQuery = query.Encode()
		return u.String()
	}
	return endpoint
}

// without returns the endpoint as somebody sees it who does not know the
// token.
func (t Token) without(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return endpoint
	}
	switch t.Kind {
	case "query":
		query := u.Query()
		query.Del(t.Name)
		u.RawQuery = query.Encode()
	case "path":
		return t.replaced(endpoint, "")
	}
	return u.String()
}

// replaced returns the endpoint with another segment in the token's place.
func (t Token) replaced(endpoint, segment string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return endpoint
	}
	if segment != "" {
		segment = "/" + url.PathEscape(segment)
	}
	escaped := strings.Replace(u.EscapedPath()+"/", "/"+url.PathEscape(t.Value)+"/", segment+"/", 1)
	escaped = "/" + strings.Trim(escaped, "/")
	if u.Path, err = url.PathUnescape(escaped); err != nil {
		return endpoint
	}
	u.RawPath = escaped
	return u.String() // with the user and the query that it had
}

// wrong is another token of the same length.
func (t Token) wrong() Token {
	t.Value = strings.Repeat("x", len(t.Value))
	return t
}
