package receiver_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/receiver"
	"github.com/scrapehook/scrapehook/webhook"
)

// The signatures were made by openssl dgst -sha256 -hmac k3y.
func TestSignature(t *testing.T) {
	t.Parallel()
	b := start(t, onSQLite(t), newCloud(t), func(cfg *receiver.Config) { cfg.SignatureKey = "k3y" })
	const (
		plain  = "64c1953e347357860112e3c1fe9bf246a31e1a38194748ad87be31c6df340862"
		custom = "e09015548ea36bf4216d77d841e395f0b5b4df3ac5abab9f05b5e3c2c0696730"
	)
	const form = "scrapingjob_id=7&status=started&sitemap_id=12&sitemap_name=a%2Bb"
	for _, tc := range []struct {
		name, form, signature string
		code                  int
	}{
		{"signed", form, plain, http.StatusOK},
		{"in capitals", form, strings.ToUpper(plain), http.StatusOK},
		{"fields in another order", "sitemap_name=a%2bb&sitemap_id=12&status=started&scrapingjob_id=7", plain, http.StatusOK},
		{"with a custom id", form + "&custom_id=c", custom, http.StatusOK},
		{"of another form", form + "&custom_id=d", custom, http.StatusUnauthorized},
		{"cut", form, plain[:60], http.StatusUnauthorized},
		{"no hex", form, "zz", http.StatusUnauthorized},
		{"none", form, "", http.StatusUnauthorized},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(tc.form))
		r.Header.Set("Content-Type", webhook.ContentType)
		r.Header.Set(receiver.SignatureHeader, tc.signature)
		w := httptest.NewRecorder()
		b.Handler().ServeHTTP(w, r)
		if w.Code != tc.code {
			t.Errorf("%s: answered %d, want %d", tc.name, w.Code, tc.code)
		}
	}
}
