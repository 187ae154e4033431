package console

import (
	"strings"
	"testing"
)

func TestTextFromOutsideIsHarmless(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ text, want string }{
		"plain":           {"a\n\tb ü", "a\n\tb ü"},
		"colours":         {"\x1b[1;31mred\x1b[0m", "red"},
		"a title":         {"\x1b]0;owned\x07x", "x"},
		"a lone escape":   {"\x1b", "␛"},
		"bell and delete": {"\x07\x7f", "␇␡"},
		"line ends":       {"a\r\nb", "a\nb"},
		"turned round":    {"a\u202eb", "a⍰b"},
		"not UTF-8":       {"a\xffb", "a\uFFFDb"},
	} {
		if got := harmless(tc.text); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		kept   string
		whole  int64
		binary bool
		says   string
	}{
		"none":              {"", 0, false, ""},
		"text":              {"hello", 5, false, ""},
		"cut text":          {"hello", 10 << 20, false, "The first 5 bytes of 10485760 bytes."},
		"cut in a letter":   {"ü"[:1], 2, false, "The first 1 byte of 2 bytes."},
		"binary":            {"a\x00b", 3, true, "Not a text: 3 bytes"},
		"long binary":       {strings.Repeat("\x00", 2000), 1 << 20, true, "of which these are the first"},
		"another character": {"\xff\xfe\xff\xfe\xff\xfe", 6, true, "Not a text"},
	} {
		v := newBodyView([]byte(tc.kept), tc.whole)
		if v.Binary != tc.binary || !strings.Contains(v.Note, tc.says) || (tc.says == "") != (v.Note == "") || len(v.Text) > 4096 {
			t.Errorf("%s: %+v", name, v)
		}
	}
}
