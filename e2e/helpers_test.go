package e2e_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/scrapehook/scrapehook/internal/testtool"
)

// helper is the helper for tests of a language, in ../clients, and the runner of
// the test beside it.
type helper struct {
	language, tool string
	test           []string
	mistake        string // what the broken handler answers
}

func helpers() []helper {
	return []helper{
		{"python", "pytest", []string{"/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider"}, "JSONDecodeError: Expecting value"},
		{"node", "npm", []string{"npm", "test"}, "SyntaxError: Unexpected token"},
		{"php", "phpunit", []string{"phpunit", "--do-not-cache-result", "ExampleTest.php"}, "JsonException: Syntax error"},
		{"ruby", "minitest", []string{"ruby", "example_test.rb"}, "JSON::ParserError"},
	}
}

// copyHelpers copies ../clients to dir, with a python3 that Debian's pytest is
// for.
func copyHelpers(t *testing.T, dir string) {
	t.Helper()
	for _, h := range helpers() {
		testtool.Need(t, h.tool)
	}
	if err := os.CopyFS(filepath.Join(dir, "clients"), os.DirFS("../clients")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/usr/bin/python3", filepath.Join(dir, "python3")); err != nil {
		t.Fatal(err)
	}
}

// TestHelpersOfLanguages runs the test beside each helper by its language's usual
// runner: it passes, and with a broken handler it fails and says what was wrong.
func TestHelpersOfLanguages(t *testing.T) {
	t.Parallel()
	for _, h := range helpers() {
		for _, broken := range []bool{false, true} {
			name := h.language
			if broken {
				name += ", a broken handler"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				needs(t, h.tool)
				dir := t.TempDir()
				if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "clients", h.language))); err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
				defer cancel()
				env := []string{"PYTHONDONTWRITEBYTECODE=1"}
				if broken {
					env = append(env, "BROKEN=1")
				}
				out, err := command(ctx, dir, env, append([]string{"exec", "--"}, h.test...)...).CombinedOutput()
				if !broken {
					if err != nil {
						t.Errorf("%v\n%s", err, out)
					}
					return
				}
				if err == nil {
					t.Errorf("it passes:\n%s", out)
				}
				for _, want := range []string{"was acknowledged", "attempt 1 to http://127.0.0.1:", "answered 500", h.mistake, "advance('10m')"} {
					if !strings.Contains(string(out), want) {
						t.Errorf("it does not say %q:\n%s", want, out)
					}
				}
			})
		}
	}
}
