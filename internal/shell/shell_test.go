package shell_test

import (
	"os/exec"
	"testing"

	"github.com/scrapehook/scrapehook/internal/shell"
)

func TestWord(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, s, want string }{
		{"plain", "http://127.0.0.1:8080/webhook", "http://127.0.0.1:8080/webhook"},
		{"a flag", "--seed=7", "--seed=7"},
		{"empty", "", "''"},
		{"a space", "a b", "'a b'"},
		{"a quote", "it's", `'it'\''s'`},
		{"other scripts", "größer 😀", "'größer 😀'"},
		{"a tilde", "~root", "'~root'"},
		{"a variable", "$HOME", "'$HOME'"},
		{"a query", "http://h/?a=1&b=2", "'http://h/?a=1&b=2'"},
		{"a line's end", "a\nb'\\", `$'a\012b\'\\'`},
		{"bytes", "\xff", `$'\377'`},
	} {
		if got := shell.Word(tc.s); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
	if got := shell.Words("run", "a b", ""); got != "run 'a b' ''" {
		t.Errorf("words: %s", got)
	}
}

// TestWordReachesTheCommand has a real shell read what was quoted.
func TestWordReachesTheCommand(t *testing.T) {
	t.Parallel()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no POSIX shell on this machine")
	}
	for _, s := range []string{"", " ", "it's", "$HOME `id` \\ \"x\" !!", "*?[a]", "~", "größer", "#no", "a;b|c&d<e>f(g)"} {
		out, err := exec.CommandContext(t.Context(), sh, "-c", "printf %s "+shell.Word(s)).Output()
		if err != nil || string(out) != s {
			t.Errorf("%q arrives as %q, %v", s, out, err)
		}
	}
}
