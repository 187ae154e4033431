package scenarios

import (
	"encoding/base64"
	"net/http"
	"slices"
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
		{"path:s3cret", endpoint, "http://127.0.0.1:1/hook/in?a=b", ""},
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

// TestTokenKeepsTheRestOfTheEndpoint: whoever sends another token sends it to the
// same endpoint, as the same user and with the same query.
func TestTokenKeepsTheRestOfTheEndpoint(t *testing.T) {
	t.Parallel()
	const endpoint = "http://me:pa%20ss@127.0.0.1:1/a%2Fb/s3cret?c=d"
	token := Token{Kind: "path", Value: "s3cret"}
	for segment, want := range map[string]string{
		"":       "http://me:pa%20ss@127.0.0.1:1/a%2Fb?c=d",
		"xxxxxx": "http://me:pa%20ss@127.0.0.1:1/a%2Fb/xxxxxx?c=d",
	} {
		if got := token.replaced(endpoint, segment); got != want {
			t.Errorf("with %q: %s, want %s", segment, got, want)
		}
	}
}

// TestNearTokens: what only a careless comparison takes for the token; a right
// receiver must refuse each, so none may mean the same as the token.
func TestNearTokens(t *testing.T) {
	t.Parallel()
	basic := func(pair string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(pair)) }
	for name, test := range map[string]struct {
		token Token
		want  []string
	}{
		"query":          {Token{"query", "token", "s3Cret"}, []string{"s3Cre", "s3Cretx", "S3cRET", "", "xxxxxx"}},
		"header":         {Token{"header", "X-Token", "s3Cret"}, []string{"s3Cre", "s3Cretx", "S3cRET", ""}},
		"bearer":         {Token{"header", "Authorization", "Bearer s3Cret"}, []string{"Bearer s3Cre", "Bearer s3Cretx", "Bearer S3cRET", "Bearer "}},
		"basic":          {Token{"header", "Authorization", basic("Me:s3Cret")}, []string{basic("Me:s3Cre"), basic("Me:s3Cretx"), basic("Me:S3cRET"), basic("Me:")}},
		"a path":         {Token{"path", "", "s3Cret"}, []string{"s3Cre", "s3Cretx"}},
		"a UUID":         {Token{"header", "T", "0e37df36-f698"}, []string{"0e37df36-f69", "0e37df36-f698x", ""}},
		"a short one":    {Token{"header", "T", "xyz"}, []string{"XYZ", ""}},
		"no token":       {Token{}, nil},
		"without letter": {Token{"path", "", "?=%&/#"}, []string{"?=%&/", "?=%&/#x"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, near := range test.token.near() {
				got = append(got, near.Token.Value)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
