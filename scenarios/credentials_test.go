package scenarios_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/scenarios"
)

// TestEveryRequestHasTheEndpointsCredentials: the user and the password of the
// endpoint's URL go with each request, also with those that the suite writes byte
// by byte. Without, FORM-06 fails and SEC-04 passes for nothing.
func TestEveryRequestHasTheEndpointsCredentials(t *testing.T) {
	t.Parallel()
	address, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	var refused, slow int
	r := judge(t, t.Context(), "FORM-06,FORM-07,SEC-04", func(m *model, cfg *scenarios.Config) {
		m.api = scenarios.API{URL: "http://" + address + scenarios.APIPath, Token: scenarios.DefaultToken}
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			user, password, _ := r.BasicAuth()
			authorized := user == "me" && password == "pa ss"
			m.mu.Lock()
			if r.ContentLength == 1000 {
				slow++
			}
			// Whether anything answers is asked without credentials.
			if !authorized && r.Method == http.MethodPost {
				refused++
			}
			m.mu.Unlock()
			if !authorized {
				http.Error(w, "who are you?", http.StatusUnauthorized)
				return
			}
			m.accept(w, r)
		}))
		t.Cleanup(server.Close)
		cfg.Handler, cfg.APIListen = nil, address
		cfg.Endpoint = strings.Replace(server.URL, "http://", "http://me:pa%20ss@", 1) + "/"
	})
	check(t, r, map[string]scenarios.Verdict{"FORM-06": scenarios.Pass, "FORM-07": scenarios.Pass, "SEC-04": scenarios.Pass})
	if refused > 0 || slow == 0 {
		t.Errorf("%d requests came without credentials, and %d of the slow ones came", refused, slow)
	}
}
