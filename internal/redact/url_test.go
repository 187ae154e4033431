package redact_test

import (
	"testing"

	"github.com/scrapehook/scrapehook/internal/redact"
)

func TestURL(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"http://127.0.0.1:8080/webhook":                          "http://127.0.0.1:8080/webhook",
		"http://127.0.0.1/w?token=s3cret&x=1":                    "http://127.0.0.1/w?token=REDACTED&x=REDACTED",
		"https://user:s3cret@shop.example/hook":                  "https://REDACTED@shop.example/hook",
		"http://s3cret@127.0.0.1/":                               "http://REDACTED@127.0.0.1/",
		"http://127.0.0.1/?s3cret":                               "http://127.0.0.1/?REDACTED",
		"http://127.0.0.1/#s3cret":                               "http://127.0.0.1/#REDACTED",
		"http://127.0.0.1/hooks/webscraper-cloud/v2":             "http://127.0.0.1/hooks/webscraper-cloud/v2",
		"http://127.0.0.1/hooks/2026-11-26/in":                   "http://127.0.0.1/hooks/2026-11-26/in",
		"http://127.0.0.1/hook/9f86d081884c7d65/in":              "http://127.0.0.1/hook/REDACTED/in",
		"http://127.0.0.1/T0001/b%2Fs3cretS3cret1234?token=x":    "http://127.0.0.1/T0001/REDACTED?token=REDACTED",
		"http://127.0.0.1/correcthorsebatterystaplecorrecthorse": "http://127.0.0.1/REDACTED",
		"http://[::1/?token=s3cret":                              "REDACTED",
		"http://127.0.0.1/?a=s3cret=s3cret;b&&c":                 "http://127.0.0.1/?a=REDACTED&REDACTED&REDACTED",
	} {
		if got := redact.URL(text); got != want {
			t.Errorf("%s became %s, want %s", text, got, want)
		}
	}
}
