package testtool_test

import (
	"errors"
	"os"
	"testing"

	"github.com/scrapehook/scrapehook/internal/testtool"
)

// recorder is a test that notes how it was ended.
type recorder struct {
	testing.TB
	ended string
}

func (r *recorder) Helper()               {}
func (r *recorder) Skipf(string, ...any)  { r.end("skipped") }
func (r *recorder) Fatalf(string, ...any) { r.end("failed") }

func (r *recorder) end(how string) {
	if r.ended == "" {
		r.ended = how
	}
}

func TestNeed(t *testing.T) {
	const unset = "unset"
	for _, tc := range []struct {
		name, without, ci string
		tool, want        string
	}{
		{"a plain go test", unset, "", "no-such-tool", "skipped"},
		{"a plain go test, the tool is there", unset, "", "go", ""},
		{"make test", "", "", "no-such-tool", "failed"},
		{"make test, the tool is there", "", "", "go", ""},
		{"make test, left out", "curl no-such-tool", "", "no-such-tool", "skipped"},
		{"make test, another is left out", "curl", "", "no-such-tool", "failed"},
		{"continuous integration", unset, "true", "no-such-tool", "failed"},
		{"left out although it is there", "go", "true", "go", "skipped"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Setenv("CI", tc.ci)
			t.Setenv("TESTS_WITHOUT", tc.without)
			if tc.without == unset {
				if err := os.Unsetenv("TESTS_WITHOUT"); err != nil {
					t.Fatal(err)
				}
			}
			r := &recorder{TB: t}
			testtool.Need(r, tc.tool)
			if r.ended != tc.want {
				t.Errorf("ended as %q, want %q", r.ended, tc.want)
			}
			if tc.tool == "go" {
				return
			}
			r = &recorder{TB: t}
			testtool.Missing(r, tc.tool, errors.New("not there"))
			if r.ended != tc.want {
				t.Errorf("found missing, ended as %q, want %q", r.ended, tc.want)
			}
		})
	}
}
