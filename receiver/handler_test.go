package receiver_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/mux"

	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/webhook"
)

func TestHandlerAnswers(t *testing.T) {
	t.Parallel()
	b := start(t, onSQLite(t), newCloud(t), func(cfg *receiver.Config) { cfg.MaxBody = 1000 })
	const form, good = webhook.ContentType, "scrapingjob_id=1&status=started&sitemap_id=12&sitemap_name=a"
	for _, tc := range []struct {
		name, method, contentType, body string
		code                            int
		says                            string
	}{
		{"a notification", "POST", form, good, 200, "ok"},
		{"with a charset", "POST", form + "; charset=UTF-8", good, 200, "ok"},
		{"in capitals", "POST", strings.ToUpper(form), good, 200, "ok"},
		{"with a broken parameter", "POST", form + "; charset", good, 200, "ok"},
		{"unknown status", "POST", form, strings.Replace(good, "started", "archived", 1), 200, "unknown"},
		{"unknown field", "POST", form, good + "&attempt=2", 200, "ok"},
		{"GET", "GET", "", "", 405, "POST"},
		{"PUT", "PUT", form, good, 405, "POST"},
		{"JSON", "POST", "application/json", `{"scrapingjob_id":1}`, 415, "content type"},
		{"multipart", "POST", "multipart/form-data; boundary=x", "--x--", 415, "content type"},
		{"no content type", "POST", "", good, 415, "content type"},
		{"empty", "POST", form, "", 400, "scrapingjob_id"},
		{"malformed escape", "POST", form, good + "&x=%zz", 400, "urlencoded"},
		{"id zero", "POST", form, strings.Replace(good, "=1&", "=0&", 1), 400, "scrapingjob_id"},
		{"id negative", "POST", form, strings.Replace(good, "=1&", "=-1&", 1), 400, "scrapingjob_id"},
		{"two ids", "POST", form, good + "&scrapingjob_id=2", 400, "twice"},
		{"too large", "POST", form, good + "&x=" + strings.Repeat("x", 1000), 413, "large"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(tc.method, "/", strings.NewReader(tc.body))
			if tc.contentType != "" {
				r.Header.Set("Content-Type", tc.contentType)
			}
			w := httptest.NewRecorder()
			b.Handler().ServeHTTP(w, r)
			body := w.Body.String()
			if w.Code != tc.code || !strings.Contains(body, tc.says) || len(body) > 200 || strings.Count(body, "\n") != 1 {
				t.Errorf("answered %d %q, want %d and one line about %q", w.Code, body, tc.code, tc.says)
			}
			if tc.code == http.StatusMethodNotAllowed && w.Header().Get("Allow") != http.MethodPost {
				t.Errorf("allows %q", w.Header().Get("Allow"))
			}
		})
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	c, at := newCloud(t), onSQLite(t)
	c.set(7, job{webhook.Finished, 3, 10})
	b := start(t, at, c, func(cfg *receiver.Config) { cfg.Tokens = []string{"new&secret", "old"} })

	routed := mux.NewRouter()
	routed.Handle("/hook", b.Handler())
	routed.Handle("/hook/{token}", b.Handler())
	plain := http.NewServeMux()
	plain.Handle("/hook", b.Handler())
	plain.Handle("/hook/{token}", b.Handler())
	form := []byte("scrapingjob_id=7&status=finished&sitemap_id=12")
	for name, h := range map[string]http.Handler{"gorilla/mux": routed, "net/http": plain} {
		for _, target := range []string{
			"/hook", "/hook?token=", "/hook?token=wrong", "/hook?token=ol", "/hook?token=oldd", "/hook?Token=old",
			"/hook/wrong", "/hook/wrong?token=wrong", "/hook/ol",
		} {
			if w := post(h, target, form); w.Code != http.StatusUnauthorized || strings.Contains(w.Body.String(), "old") {
				t.Errorf("%s: %s was answered %d %q", name, target, w.Code, w.Body)
			}
		}
	}
	b.awaitIdle(t)
	wantRows(t, at, 7, 0)
	if n := c.count("GET 7"); n != 0 {
		t.Errorf("%d calls without a token", n)
	}
	for name, h := range map[string]http.Handler{"gorilla/mux": routed, "net/http": plain} {
		for _, target := range []string{"/hook?token=old", "/hook?token=new%26secret", "/hook/old"} {
			if w := post(h, target, form); w.Code != http.StatusOK {
				t.Errorf("%s: %s was answered %d %q", name, target, w.Code, w.Body)
			}
		}
	}
	b.awaitIdle(t)
	wantRows(t, at, 7, 3)
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	store, sink, _ := onSQLite(t).open(t)
	client := newCloud(t).client(t)
	for name, change := range map[string]func(*receiver.Config){
		"no store":          func(c *receiver.Config) { c.Store = nil },
		"no sink":           func(c *receiver.Config) { c.Sink = nil },
		"no cloud":          func(c *receiver.Config) { c.Cloud = nil },
		"an empty token":    func(c *receiver.Config) { c.Tokens = []string{"a", ""} },
		"negative workers":  func(c *receiver.Config) { c.Workers = -1 },
		"a lease too short": func(c *receiver.Config) { c.Lease = 1 },
	} {
		cfg := receiver.Config{Store: store, Sink: sink, Cloud: client}
		if _, err := receiver.New(cfg); err != nil {
			t.Fatal(err)
		}
		change(&cfg)
		if _, err := receiver.New(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestRunOnce(t *testing.T) {
	t.Parallel()
	b := start(t, onSQLite(t), newCloud(t), nil)
	eventually(t, "it runs", b.Ready)
	if err := b.Run(t.Context()); err == nil {
		t.Error("ran twice")
	}
}
