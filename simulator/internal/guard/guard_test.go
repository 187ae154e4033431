package guard_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/simulator/internal/guard"
)

// local is a request of this machine.
func local(method, host string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, "/", nil)
	r.RemoteAddr, r.Host = "127.0.0.1:4711", host
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

func TestHosts(t *testing.T) {
	t.Parallel()
	here := guard.Guard{Names: []string{"Cloud.Example.com"}}
	anywhere := guard.Guard{Remote: true}
	for _, tc := range []struct {
		name  string
		guard guard.Guard
		host  string
		in    bool
	}{
		{"localhost", here, "localhost:8085", true},
		{"localhost, written oddly", here, "LocalHost.:8085", true},
		{"a name below localhost", here, "cloud.localhost:8085", true},
		{"an address", here, "127.0.0.1:8085", true},
		{"an address of version 6", here, "[::1]:8085", true},
		{"an address without a port", here, "[::1]", true},
		{"an address that a container's port is published at", here, "192.168.1.5:9000", true},
		{"the vendor's name", here, "api.webscraper.io", true},
		{"a name that was allowed", here, "cloud.example.com:443", true},
		{"no host, of HTTP/1.0", here, "", true},
		{"a rebound name", here, "evil.example:8085", false},
		{"a rebound name that begins well", here, "localhost.evil.example", false},
		{"a rebound name that begins with an address", here, "127.0.0.1.nip.example:8085", false},
		{"a name below one that was allowed", here, "a.cloud.example.com", false},
		{"a name below the vendor's", here, "evil.api.webscraper.io", false},
		{"a container's name, here", here, "cloud:8085", false},
		{"a container's name, anywhere", anywhere, "cloud:8085", true},
		{"the machine's own name in a container", anywhere, "host.docker.internal:8085", true},
		{"a rebound name, anywhere", anywhere, "evil.example:8085", false},
		{"nonsense", anywhere, "evil.example/?@localhost", false},
		{"a name with a user", anywhere, "localhost@evil.example", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if err := tc.guard.Check(local("GET", tc.host)); (err == nil) != tc.in {
				t.Errorf("host %q: %v", tc.host, err)
			}
		})
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name    string
		headers []string
		reads   bool // let in with GET
		changes bool // let in with POST
	}{
		{"curl, or an SDK", nil, true, true},
		{"Node's fetch", []string{"Sec-Fetch-Mode", "cors"}, true, true},
		{"our own page", []string{"Sec-Fetch-Site", "same-origin", "Origin", "http://localhost:8085"}, true, true},
		{"our own page, in an old browser", []string{"Origin", "http://localhost:8085"}, true, true},
		{"an address that was typed in", []string{"Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate"}, true, true},
		{"a script of another page", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "cors", "Origin", "https://evil.example"}, false, false},
		{"an image of another page", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"}, false, false},
		{"a page of another port", []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "cors", "Origin", "http://localhost:3000"}, false, false},
		{"a form of another page", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Origin", "null"}, true, false},
		{"a link of another page", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, true, false},
		{"a frame of another page", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"}, false, false},
		{"another page, in an old browser", []string{"Origin", "https://evil.example"}, false, false},
		{"a page of another port, in an old browser", []string{"Origin", "http://localhost:3000"}, false, false},
		{"a file, or a frame in a sandbox", []string{"Origin", "null"}, false, false},
		{"an unknown site", []string{"Sec-Fetch-Site", "new-word"}, false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for method, in := range map[string]bool{"GET": tc.reads, "POST": tc.changes, "DELETE": tc.changes, "OPTIONS": tc.changes} {
				if err := (guard.Guard{}).Check(local(method, "localhost:8085", tc.headers...)); (err == nil) != in {
					t.Errorf("%s: %v", method, err)
				}
			}
		})
	}
}

func TestOtherMachines(t *testing.T) {
	t.Parallel()
	r := local("GET", "192.168.1.5:8085")
	r.RemoteAddr = "192.168.1.9:4711"
	if (guard.Guard{}).Check(r) == nil {
		t.Error("another machine is let in")
	}
	if err := (guard.Guard{Remote: true}).Check(r); err != nil {
		t.Errorf("another machine, which is allowed: %v", err)
	}
}

func TestCheckName(t *testing.T) {
	t.Parallel()
	for name, valid := range map[string]bool{
		"cloud.example.com": true, "cloud": true,
		"": false, "http://cloud": false, "cloud:8085": false, "cloud/x": false, "a@cloud": false, "clo ud": false,
	} {
		if err := guard.CheckName(name); (err == nil) != valid {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	next := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "in") })
	h := guard.Guard{}.Wrap(next, func(w http.ResponseWriter, _ *http.Request, err error) {
		http.Error(w, err.Error(), http.StatusForbidden)
	})
	for host, want := range map[string]string{"localhost": "in", "evil.example": "--allow-host"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, local("GET", host))
		if !strings.Contains(w.Body.String(), want) || (w.Code == http.StatusOK) != (want == "in") {
			t.Errorf("%s: %d %s", host, w.Code, w.Body)
		}
	}
}
