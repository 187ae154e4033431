package redact

import (
	"errors"
	"strings"
	"testing"
)

var errCause = errors.New("the cause")

// knowing is a redactor that knows these secrets.
func knowing(secrets ...string) *Redactor {
	r := &Redactor{}
	for _, s := range secrets {
		r.Know("TOKEN", s)
	}
	r.Compile()
	return r
}

func TestRedactor(t *testing.T) {
	t.Parallel()
	r := knowing(`s3cr"ét/+`, "t0ken-of-the-api")
	r.KnowURL("", "http://me:pa55%20word@127.0.0.1:1/hook?api_key=k3y-of-ours")
	r.Compile()
	for _, tc := range []struct{ name, text, want string }{
		{"nothing", "job 17: 20 rows, each once", "job 17: 20 rows, each once"},
		{"as it is", `got s3cr"ét/+ twice: s3cr"ét/+`, "got REDACTED twice: REDACTED"},
		{"in a query", "/hook?t=s3cr%22%C3%A9t%2F%2B&a=b", "/hook?t=REDACTED&a=b"},
		{"in a query, in lower case", "/hook?t=s3cr%22%c3%a9t%2f%2b&a=b", "/hook?t=REDACTED&a=b"},
		{"in a path", "/s3cr%22%C3%A9t%2F+/in", "/REDACTED/in"},
		{"in JSON", `{"seen":"s3cr\"ét/+"}`, `{"seen":"REDACTED"}`},
		{"the API's", "WEBSCRAPER t0ken-of-the-api", "WEBSCRAPER REDACTED"},
		{"a parameter of the endpoint", "key k3y-of-ours", "key REDACTED"},
		{"a password of the endpoint", "as pa55 word", "as REDACTED"},
		{"its basic credentials", "bWU6cGE1NSB3b3Jk", "REDACTED"},
		{"a header", "GET / HTTP/1.1\nAuthorization: Bearer abc def\nHost: h", "GET / HTTP/1.1\nAuthorization: REDACTED\nHost: h"},
		{"a header in JSON", `{"authorization": "Basic abc"}`, `{"authorization": "REDACTED"}`},
		{"a header in lower case", "proxy-authorization: Basic abc\r\n", "proxy-authorization: REDACTED\r\n"},
		{"a parameter's name", "GET /api/v1/x?api_token=abc&page=2 200", "GET /api/v1/x?api_token=REDACTED&page=2 200"},
		{"a variable's name", "env WEBSCRAPER_API_TOKEN=abc run", "env WEBSCRAPER_API_TOKEN=REDACTED run"},
		{"a quoted value", "password='a b' user=me", "password=REDACTED user=me"},
		{"a JSON field's name", `{"client_secret" : "a\"b","n":1}`, `{"client_secret" : "REDACTED","n":1}`},
		{"a DSN", "postgres://me:abc@db/x?sslmode=off", "postgres://me:REDACTED@db/x?sslmode=off"},
		{"a shell variable", `TOKEN="$MY_TOKEN" run`, `TOKEN="$MY_TOKEN" run`},
		{"our wrong token", "/hook?token=xxxxxx", "/hook?token=xxxxxx"},
		{"a flag in a sentence", "none is: use --token if there is one", "none is: use --token if there is one"},
	} {
		if got := r.Text(tc.text); got != tc.want {
			t.Errorf("%s: %q became %q, want %q", tc.name, tc.text, got, tc.want)
		}
	}
	const command, want = "serve --token abc --db-password='a b' --port 80", "serve --token REDACTED --db-password=REDACTED --port 80"
	if got := r.Command(command); got != want {
		t.Errorf("%q became %q", command, got)
	}
}

// TestRedactorKeepsWords: a secret of a letter or two does not take words apart.
func TestRedactorKeepsWords(t *testing.T) {
	t.Parallel()
	r := knowing("ok")
	const text, want = "scrapehook took the token ok: /ok/ 200", "scrapehook took the token REDACTED: /REDACTED/ 200"
	if got := r.Text(text); got != want {
		t.Errorf("%q became %q", text, got)
	}
}

// TestCutKeepsNoPartOfASecret: where text is cut, a secret is not half there.
func TestCutKeepsNoPartOfASecret(t *testing.T) {
	t.Parallel()
	r := knowing("s3cr3t-and-long")
	whole := strings.Repeat("x", 90) + "s3cr3t-and-long" + strings.Repeat("y", 90)
	for n := range len(whole) {
		if got := r.Cut(whole[:n], int64(len(whole)), 200); strings.Contains(got, "s3") {
			t.Fatalf("the first %d bytes became %q", n, got)
		}
	}
}

func TestHiddenErrorIsTheSame(t *testing.T) {
	t.Parallel()
	r := knowing("s3cr3t")
	err := r.Error(errors.Join(errCause, errors.New("http://h/?t=s3cr3t")))
	if !errors.Is(err, errCause) || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("error %v", err)
	}
}
