package answer_test

import (
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/scrapehook/scrapehook/cmd/scrapehook/internal/answer"
)

const (
	python = "Traceback (most recent call last):\n  File \"h.py\", line 7, in app\n    save(form)\nZeroDivisionError: division by zero\n"
	php    = "<br />\n<b>Fatal error</b>:  Uncaught RuntimeException: no table in h.php:2\nStack trace:\n#0 h.php(3): save()\n#1 {main}\n  thrown in <b>h.php</b> on line <b>2</b><br />\n"
	node   = "<!DOCTYPE html>\n<html>\n<head><title>Error</title><style>b{}</style></head>\n<body>\n<pre>Error: no table<br> &nbsp; &nbsp;at save (/h.js:2:81)<br> &nbsp; &nbsp;at JSON.parse (<anonymous>)</pre>\n</body></html>\n"
)

func TestLines(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, contentType, body string
		more                    int64 // bytes of the body that were not kept
		style                   answer.Style
		want                    string // lines with / between them
	}{
		{"nothing", "", "", 0, answer.Style{}, ""},
		{"a word", "", "ok", 0, answer.Style{}, "   | ok"},
		{"white space", "", " \r\n\n", 0, answer.Style{}, "   | nothing to read in 4 bytes"},
		{"Python", "text/plain", python, 0, answer.Style{},
			"   | Traceback (most recent call last):/   |   File \"h.py\", line 7, in app/   |     save(form)/   | ZeroDivisionError: division by zero"},
		{"PHP", "text/html; charset=UTF-8", php, 0, answer.Style{},
			"   | Fatal error:  Uncaught RuntimeException: no table in h.php:2/   | Stack trace:/   | #0 h.php(3): save()/   | #1 {main}/   | thrown in h.php on line 2"},
		{"Node, without a type", "", node, 0, answer.Style{}, "   | Error/   | Error: no table/   |     at save (|h.js:2:81)/   |     at JSON.parse (<anonymous>)"},
		{"control characters", "", "\x1b[2J\x1b]0;x\a\u202eevil\tx\r\n", 0, answer.Style{}, `   | \x1b[2J\x1b]0;x\x07\u202eevil    x`},
		{"Latin-1", "", "Fehler: nicht gefunden, K\xe4se", 0, answer.Style{}, "   | Fehler: nicht gefunden, K\uFFFDse"},
		{"binary", "image/png", "\x89PNG\x00", 0, answer.Style{}, "   | binary, 5 bytes of image|png"},
		{"random bytes", "", "\xff\xfe\x01\x02abc", 0, answer.Style{}, "   | binary, 7 bytes"},
		{"half a character at the end of what was kept", "", "K\xc3", 9, answer.Style{}, "   | K/   … 11 bytes in all, of which 2 were kept"},
		{"many lines", "", strings.Repeat("a\n", 10) + strings.Repeat("b\n", 20) + strings.Repeat("c\n", 6), 0, answer.Style{},
			strings.Repeat("   | a/", 10) + "   … 20 more lines" + strings.Repeat("/   | c", 6)},
		{"one line too many", "", strings.Repeat("a\n", 17), 0, answer.Style{}, strings.TrimSuffix(strings.Repeat("   | a/", 17), "/")},
		{"many lines, all of them", "", strings.Repeat("a\n", 20), 0, answer.Style{All: true}, "     Content-Type: /" + strings.TrimSuffix(strings.Repeat("   | a/", 20), "/")},
		{"a long line", "", strings.Repeat("x", 400), 0, answer.Style{}, "   | " + strings.Repeat("x", 299) + "…"},
		{"broken at a width", "", "one two three", 0, answer.Style{Width: 13}, "   | one two/     three"},
		{"a header that steers", "a\x1b[2J", "x", 0, answer.Style{All: true}, `     Content-Type: a\x1b[2J/   | x`},
	} {
		a := answer.Answer{Header: http.Header{"Content-Type": {tc.contentType}}, Body: []byte(tc.body), Bytes: int64(len(tc.body)) + tc.more}
		got := strings.ReplaceAll(strings.Join(a.Lines(tc.style), "\n"), "/", "|")
		if got = strings.ReplaceAll(got, "\n", "/"); got != tc.want {
			t.Errorf("%s:\n%s, want\n%s", tc.name, got, tc.want)
		}
	}
}

func TestLooksBroken(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{
		python: true, php: true, node: true, "ok": false, "": false,
		`{"error": "there was a Fatal mistake at 10:20:30"}`: false,
		"panic: runtime error: index out of range":           true,
		"h.rb:3:in 'save': no table (RuntimeError)":          true,
	} {
		a := answer.Answer{Body: []byte(body), Bytes: int64(len(body))}
		if a.LooksBroken() != want {
			t.Errorf("%q: %v", body, !want)
		}
	}
}

func FuzzLines(f *testing.F) {
	f.Add("text/html", []byte(node), 40)
	f.Add("", []byte("\x1b\x00\xff"), 3)
	f.Fuzz(func(t *testing.T, contentType string, body []byte, width int) {
		a := answer.Answer{Header: http.Header{"Content-Type": {contentType}}, Body: body, Bytes: int64(len(body))}
		for _, line := range a.Lines(answer.Style{Width: width % 200}) {
			if strings.ContainsAny(line, "\x1b\n\r\a") || !utf8.ValidString(line) {
				t.Errorf("%q steers a terminal", line)
			}
			if w := width % 200; w > 20 && utf8.RuneCountInString(line) > w {
				t.Errorf("%q is wider than %d", line, w)
			}
		}
	})
}
