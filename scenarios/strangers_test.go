package scenarios_test

import (
	"crypto/subtle"
	"net/http"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/scenarios"
)

// TestStrangers: whoever compares the whole token passes SEC-01, wherever the token
// is, and whoever compares less fails.
func TestStrangers(t *testing.T) {
	t.Parallel()
	query := func(r *http.Request) string { return r.URL.Query().Get("token") }
	inHeader := func(r *http.Request) string { return r.Header.Get("Authorization") }
	const secret = "s3Cret"
	is := func(given, want string) bool { return subtle.ConstantTimeCompare([]byte(given), []byte(want)) == 1 }
	for name, test := range map[string]struct {
		token   string
		allowed func(r *http.Request) bool
		want    scenarios.Verdict
	}{
		"query":  {"query:token=s3Cret", func(r *http.Request) bool { return is(query(r), "s3Cret") }, scenarios.Pass},
		"bearer": {"header:Authorization=Bearer s3Cret", func(r *http.Request) bool { return is(inHeader(r), "Bearer s3Cret") }, scenarios.Pass},
		"basic, as libraries read it": {"header:Authorization=Basic bWU6czNDcmV0", func(r *http.Request) bool {
			user, password, _ := r.BasicAuth()
			return user == "me" && is(password, "s3Cret")
		}, scenarios.Pass},
		"breaks at another length": {"query:token=s3Cret", func(r *http.Request) bool {
			if len(query(r)) > 0 && len(query(r)) != len("s3Cret") {
				panic(http.ErrAbortHandler)
			}
			return is(query(r), "s3Cret")
		}, scenarios.Warn},
		"a beginning":  {"query:token=s3Cret", func(r *http.Request) bool { return query(r) != "" && strings.HasPrefix(secret, query(r)) }, scenarios.Fail},
		"a longer one": {"query:token=s3Cret", func(r *http.Request) bool { return strings.HasPrefix(query(r), "s3Cret") }, scenarios.Fail},
		"any case":     {"query:token=s3Cret", func(r *http.Request) bool { return strings.EqualFold(query(r), "s3Cret") }, scenarios.Fail},
		"an empty header": {"header:Authorization=s3Cret", func(r *http.Request) bool {
			return strings.HasSuffix(secret, inHeader(r)) && r.Header["Authorization"] != nil
		}, scenarios.Fail},
		"basic, the user":    {"header:Authorization=Basic bWU6czNDcmV0", func(r *http.Request) bool { user, _, _ := r.BasicAuth(); return user == "me" }, scenarios.Fail},
		"an array":           {"query:token=s3Cret", func(r *http.Request) bool { return is(query(r), "s3Cret") || r.URL.Query().Has("token[]") }, scenarios.Fail},
		"somewhere in there": {"query:token=s3Cret", func(r *http.Request) bool { return strings.Contains(r.URL.RawQuery, "s3Cret") }, scenarios.Fail},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := judge(t, t.Context(), "ACK-01,DATA-01,SEC-01", func(m *model, cfg *scenarios.Config) {
				m.handle = func(w http.ResponseWriter, r *http.Request) {
					if !test.allowed(r) {
						http.Error(w, "who are you?", http.StatusForbidden)
						return
					}
					m.accept(w, r)
				}
				var err error
				if cfg.Token, err = scenarios.ParseToken(test.token, "http://127.0.0.1/"); err != nil {
					t.Error(err)
				}
			})
			check(t, r, map[string]scenarios.Verdict{"ACK-01": scenarios.Pass, "DATA-01": scenarios.Pass, "SEC-01": test.want})
		})
	}
}
