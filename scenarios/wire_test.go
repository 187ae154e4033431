package scenarios

import (
	"net/http"
	"testing"
)

func TestToken(t *testing.T) {
	t.Parallel()
	const endpoint = "http://127.0.0.1:1/hook/s3cret/in?a=b"
	for _, tc := range []struct {
		spec                  string
		with, without, header string
	}{
		{"query:token=s3 cret", "http://127.0.0.1:1/hook/s3cret/in?a=b&token=s3+cret", "http://127.0.0.1:1/hook/s3cret/in?a=b", ""},
		{"header:X-Token=s3cret", endpoint, endpoint, "s3cret"},
		{"path:s3cret", endpoint, "http://127.0.0.1:1/hook/in", ""},
	} {
		token, err := ParseToken(tc.spec, endpoint)
		if err != nil {
			t.Errorf("%s: %v", tc.spec, err)
			continue
		}
		header := http.Header{}
		if got := token.apply(endpoint, header); got != tc.with || header.Get("X-Token") != tc.header {
			t.Errorf("%s: with it %s and %v", tc.spec, got, header)
		}
		if got := token.without(tc.with); got != tc.without {
			t.Errorf("%s: without it %s, want %s", tc.spec, got, tc.without)
		}
		if wrong := token.wrong(); wrong.Value == token.Value || len(wrong.Value) != len(token.Value) {
			t.Errorf("%s: the wrong one is %q", tc.spec, wrong.Value)
		}
	}
	for _, spec := range []string{"", "s3cret", "query:s3cret", "query:=s3cret", "query:token=", "path:", "path:other", "cookie:a=b"} {
		if _, err := ParseToken(spec, endpoint); err == nil {
			t.Errorf("%q was accepted", spec)
		}
	}
}
