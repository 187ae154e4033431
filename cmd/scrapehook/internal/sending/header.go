package sending

import (
	"fmt"
	"maps"
	"net/http"
	"net/textproto"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// framing are the headers that say how a request is framed, which its body
// decides.
var framing = []string{"Content-Length", "Transfer-Encoding", "Connection", "Trailer", "Te", "Upgrade"}

// ParseHeader reads headers that are written like "Name: value".
func ParseHeader(lines []string) (http.Header, error) {
	header := http.Header{}
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch {
		case !ok:
			return nil, fmt.Errorf("%q has no colon: write it like 'X-Name: value'", line)
		case !httpguts.ValidHeaderFieldName(name):
			return nil, fmt.Errorf("%q: %q can't be the name of a header: use letters, digits and hyphens", line, name)
		case !httpguts.ValidHeaderFieldValue(value):
			return nil, fmt.Errorf("%q: the value of %s has a control character", line, name)
		case slices.Contains(framing, textproto.CanonicalMIMEHeaderKey(name)):
			return nil, fmt.Errorf("%q: %s follows from the request and can't be set", line, name)
		}
		header.Add(name, value)
	}
	return header, nil
}

// WithHeader returns a transport that adds header to what it sends; it takes
// precedence over what is there.
func WithHeader(transport http.RoundTripper, header http.Header) http.RoundTripper {
	if len(header) == 0 {
		return transport
	}
	return withHeader{transport, header}
}

type withHeader struct {
	http.RoundTripper
	header http.Header
}

func (t withHeader) RoundTrip(r *http.Request) (*http.Response, error) {
	changed := *r // a transport must leave the request as it is
	changed.Header = r.Header.Clone()
	maps.Copy(changed.Header, t.header)
	if host := t.header.Get("Host"); host != "" {
		changed.Host = host
		changed.Header.Del("Host")
	}
	return t.RoundTripper.RoundTrip(&changed)
}
