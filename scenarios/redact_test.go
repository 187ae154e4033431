package scenarios

import (
	"errors"
	"strings"
	"testing"
)

func TestRedactor(t *testing.T) {
	t.Parallel()
	r := newRedactor(Config{
		Endpoint: "http://me:pa55%20word@127.0.0.1:1/hook?api_key=k3y-of-ours", APIURL: "http://127.0.0.1:2/api/v1/",
		APIToken: "t0ken-of-the-api", Token: Token{"query", "t", `s3cr"ét/+`},
	})
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
		if got := r.text(tc.text); got != tc.want {
			t.Errorf("%s: %q became %q, want %q", tc.name, tc.text, got, tc.want)
		}
	}
	const command, want = "serve --token abc --db-password='a b' --port 80", "serve --token REDACTED --db-password=REDACTED --port 80"
	if got := r.command(command); got != want {
		t.Errorf("%q became %q", command, got)
	}
}

// TestRedactorKeepsWords: the API's default token is no secret, and one of a
// letter or two does not take words apart.
func TestRedactorKeepsWords(t *testing.T) {
	t.Parallel()
	r := newRedactor(Config{Endpoint: "http://127.0.0.1:1/", APIToken: DefaultToken, Token: Token{"path", "", "ok"}})
	const text, want = "scrapehook took the token ok: /ok/ 200", "scrapehook took the token REDACTED: /REDACTED/ 200"
	if got := r.text(text); got != want {
		t.Errorf("%q became %q", text, got)
	}
}

// TestCutKeepsNoPartOfASecret: where text is cut, a secret is not half there.
func TestCutKeepsNoPartOfASecret(t *testing.T) {
	t.Parallel()
	r := newRedactor(Config{Token: Token{"query", "t", "s3cr3t-and-long"}})
	whole := strings.Repeat("x", 90) + "s3cr3t-and-long" + strings.Repeat("y", 90)
	for n := range len(whole) {
		if got := r.cut(whole[:n], int64(len(whole)), 200); strings.Contains(got, "s3") {
			t.Fatalf("the first %d bytes became %q", n, got)
		}
	}
}

func TestHiddenErrorIsTheSame(t *testing.T) {
	t.Parallel()
	r := newRedactor(Config{Token: Token{"query", "t", "s3cr3t"}})
	err := r.hide(errors.Join(ErrUnreachable, errors.New("http://h/?t=s3cr3t")))
	if !errors.Is(err, ErrUnreachable) || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("error %v", err)
	}
}

func TestExcerpt(t *testing.T) {
	t.Parallel()
	const text = "one\njob 7 begins\ntwo\nthree\njob 7 ends\nfour\nfive\n"
	for _, tc := range []struct {
		name string
		most int
		want string
	}{
		{"all of it", len(text), text},
		{"what it is about, and the end", 34, "… 1 line left out …\njob 7 begins\n… 2 lines left out …\njob 7 ends\nfour\nfive\n"},
		{"nothing", 0, "… 7 lines left out …\n"},
	} {
		if got := excerpt(text, []string{"7"}, tc.most); got != tc.want {
			t.Errorf("%s: %q", tc.name, got)
		}
	}
}
